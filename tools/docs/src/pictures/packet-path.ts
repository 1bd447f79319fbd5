/** The way of a packet, from left to right. */
export interface PacketPath {
  /** Name of the picture's file, without its ending. */
  readonly name: string;
  readonly title: string;
  /** The machines that it passes, in order. */
  readonly places: readonly Place[];
}

/** A node, or what is on no node, and the stations of the packet there. */
export interface Place {
  readonly name: string;
  readonly stations: readonly Station[];
}

/** Where something is done to the packet. */
export interface Station {
  readonly kind: "pod" | "device" | "kernel" | "host";
  readonly name: string;
  /** The program that sees the packet there. */
  readonly program?: string;
  /** What is done, in lines of at most 22 characters. */
  readonly notes?: readonly string[];
  /** What takes the packet on from there. Of the last station there is none. */
  readonly onward?: string;
}
