/** Kinds of things with ids, by the numbers that native/src/walk.c gives them. */
export const idKinds = { program: 0, map: 1, link: 2, btf: 3 } as const;

export interface NativeBtfInfo {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly kernel: boolean;
}

/** The addon's functions for links and for walking what is in the kernel. */
export interface LinkFunctions {
  /** ENOENT after the last. */
  idAfter(kind: number, id: number): number;
  /** A descriptor of the caller's own. */
  fdOfId(kind: number, id: number): number;
  btfInfo(fd: number): NativeBtfInfo | number;
  /** A descriptor of the caller's own; run times are counted while it is open. */
  enableStats(): number;
}
