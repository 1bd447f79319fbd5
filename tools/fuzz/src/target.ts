import type { Program, SkbContext } from "libbpf-napi";
import type { Random } from "./random.ts";

/** What a program's return value means for the packet. */
export type Verdict = "passed" | "redirected" | "dropped";

/** One packet as a program is given it. */
export interface Input {
  readonly frame: Uint8Array;
  readonly context: SkbContext;
}

/** One packet, and what the program did with it. */
export interface Run extends Input {
  readonly verdict: Verdict;
  /** The frame afterwards. */
  readonly after: Uint8Array;
}

/** Judges one packet by itself: says what is wrong with what became of it, or undefined. */
export interface Oracle {
  readonly name: string;
  judge(run: Run): string | undefined;
}

/** Judges what packets leave behind in maps. */
export interface Ledger {
  readonly name: string;
  /** Begins from a clean state: forgets what packets before have left. */
  open(): Promise<void>;
  /** What does not agree with the packets since `open`, one line each. */
  settle(runs: readonly Run[]): Promise<readonly string[]>;
}

/** A program to throw packets at, and all that has to hold whatever they are. */
export interface FuzzTarget {
  readonly name: string;
  readonly program: Pick<Program, "testRuns">;
  /** Path of the network namespace that the contexts' devices belong to. */
  readonly netns?: string;
  /** Where packets come from; what stands there several times is chosen more often. */
  readonly contexts: readonly SkbContext[];
  /** A frame that begins without a mistake. */
  validFrame(random: Random): Uint8Array;
  /**
   * A copy of a frame with some mistakes, where the target knows better places for them; `other` is one more valid frame.
   *
   * @defaultValue `mutate`, which aims at the outermost headers
   */
  readonly mutate?: (frame: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;
  /** What return values mean. Any other value is a failure. */
  readonly verdicts: Readonly<Record<number, Verdict>>;
  readonly oracles: readonly Oracle[];
  readonly ledgers: readonly Ledger[];
  /**
   * Whether the packet's fate may depend on those before it. No other's may, which is tested by running packets again in
   * the opposite order.
   *
   * @defaultValue no packet's
   */
  remembers?(run: Run): boolean;
}
