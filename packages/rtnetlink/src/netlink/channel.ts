/** A netlink socket that is open. */
export interface Channel {
  /** Resolves when the kernel has handled the messages; its answers come to the listener. */
  send(messages: Uint8Array): Promise<void>;
  /** Whether the socket keeps the process alive; at first it does not. */
  hold(hold: boolean): void;
  /** Ends it. Nothing is received any more. */
  close(): void;
}

/** Who is told what a channel receives. */
export interface ChannelListener {
  /** One datagram: whole messages. */
  received(datagram: Uint8Array): void;
  /** A receive failed with this positive errno; on `ENOBUFS` and `EMSGSIZE` something was lost. */
  failed(errno: number): void;
}

/** Opens a channel; throws an `RtnetlinkError` when that fails. */
export type OpenChannel = (listener: ChannelListener) => Channel;
