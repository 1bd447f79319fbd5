import type { NativeObject, Outcome } from "./addon.ts";

/** Kinds of things with ids, by the numbers that native/src/walk.c gives them. */
export const idKinds = { program: 0, map: 1, link: 2, btf: 3 } as const;

interface NativeBtfInfo {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly kernel: boolean;
}

/** What the addon holds for what libbpf attached. */
export type NativeAttached = { readonly __attached: never };

export interface NativeAttachOutcome extends Outcome {
  readonly attached?: NativeAttached;
  /** Borrowed of `attached`; -1 where it has not exactly one. */
  readonly fd?: number;
}

export interface NativeFilter extends Outcome {
  readonly handle: number;
  readonly priority: number;
  readonly programId: number;
}

interface NativeFilters extends Outcome {
  /** Three numbers for each: priority, handle and program. */
  readonly filters: Uint32Array;
}

export interface Created extends Outcome {
  /** A descriptor of the caller's own, or negative. */
  readonly fd: number;
}

/** What native/src/link_info.c adds for a type of link. */
export interface NativeLinkTarget {
  readonly targetId?: number;
  readonly targetBtfId?: number;
  readonly family?: number;
  readonly netfilterHook?: number;
  readonly priority?: number;
  readonly flags?: number;
  readonly netnsInode?: number;
  readonly mapId?: number;
  readonly name?: string;
  readonly count?: number;
  readonly event?: number;
  readonly offset?: number;
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

  hookQuery(
    targetFd: number,
    attachType: number,
    effective: boolean,
  ): Promise<Outcome & { readonly revision: bigint; readonly programIds: Uint32Array }>;
  /** Ties or unties a program without a link. */
  programAttach(
    programFd: number,
    targetFd: number,
    attachType: number,
    attach: boolean,
  ): Promise<Outcome>;
  iteratorLink(
    programFd: number,
    what: number,
    targetFd: number,
    orderOrThread: number,
    process: number,
  ): Promise<Created>;
  /** A descriptor of the caller's own. */
  iteratorOpen(linkFd: number): number;
  netfilterLink(
    programFd: number,
    family: number,
    hook: number,
    priority: number,
    flags: number,
    netns: string | undefined,
  ): Promise<Created>;
  objectAttach(
    object: NativeObject,
    program: string,
    kind: number,
    first: string | undefined,
    second: string | undefined,
    names: Uint8Array | undefined,
    cookies: Uint8Array | undefined,
    cookie: bigint,
    offset: bigint,
    atReturn: boolean,
    number: number,
  ): Promise<NativeAttachOutcome>;
  objectAttachMap(object: NativeObject, map: string): Promise<NativeAttachOutcome>;
  /** The descriptor stays the caller's, and must stay open until the object is loaded. */
  objectAttachTarget(
    object: NativeObject,
    program: string,
    targetFd: number,
    functionName: string,
  ): Promise<Outcome>;
  /** To be called once. */
  attachedClose(attached: NativeAttached): Promise<Outcome>;
  /** A descriptor of the caller's own. */
  perfEventOpen(
    type: number,
    config: bigint,
    period: bigint,
    frequency: boolean,
    process: number,
    cpu: number,
  ): number;
  /** A program of -1 stands for none. */
  tcFilter(
    what: number,
    ifindex: number,
    egress: boolean,
    programFd: number,
    handle: number,
    priority: number,
    netns: string | undefined,
  ): Promise<NativeFilter>;
  tcQuery(ifindex: number, egress: boolean, netns: string | undefined): Promise<NativeFilters>;
  /** A program of -1 stands for none. */
  socketProgram(fd: number, what: number, programFd: number): number;
  /** How the kernel refuses a link that cannot be. */
  linkProbe(programType: number, attachType: number, flags: number): number;
  /** Whether a program that traces a function of the kernel can be loaded. */
  tracingProbe(programType: number, attachType: number, functionName: string): Promise<Outcome>;
}
