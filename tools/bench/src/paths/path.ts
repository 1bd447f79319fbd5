/** Two ends and what is between them. */
export interface Path {
  /** The namespaces of the two ends, by path. */
  readonly client: string;
  readonly server: string;
  /** What the client calls. */
  readonly address: string;
  /**
   * The addresses that the server may find itself called by: others than {@link address} where it is translated.
   *
   * @defaultValue the called address
   */
  readonly endpoints?: readonly string[];
  /**
   * How many packets the contestant itself has handled so far, where it can tell: a sample whose packets took
   * another way is worth nothing.
   */
  readonly packets?: () => Promise<number>;
  /** How many packets the contestant has lost so far for want of room, where it can tell. */
  readonly lost?: () => Promise<number>;
}

/** A way for packets between two namespaces. */
export interface PathContestant {
  readonly name: string;
  /** What it is compared with, where that is not the suite's baseline. */
  readonly baseline?: string;
  /** Sets the way up. What it makes is handed to the stack, which takes it down, also when this throws. */
  open(stack: AsyncDisposableStack): Promise<Path>;
}
