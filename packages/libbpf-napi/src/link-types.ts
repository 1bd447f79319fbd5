import type { InterfaceIndex } from "@heddle/contracts";
import type { cgroupAttachTypes } from "./kernel-names.ts";
import type { LinkInfo } from "./link-info-types.ts";
import type { Program } from "./program-types.ts";

/** The side of a device's traffic that a program sees: what comes in, or what goes out. */
export type TcxHook = "ingress" | "egress";

/** What a program at a cgroup decides, by the name in the program's section (`cgroup/connect4`). */
export type CgroupHook = keyof typeof cgroupAttachTypes;

/**
 * What keeps a program attached: until it is detached, or until no pin and no handle refers to it.
 */
export interface Link extends Disposable, AsyncDisposable {
  readonly closed: boolean;
  /** What the kernel says of it now. */
  info(): LinkInfo;
  /**
   * Replaces the program; no packet is seen by both or by none.
   *
   * @throws {BpfError} `stale-program` when the link does not run `expectedOld`, `target-gone`
   */
  update(program: Program, options?: LinkUpdateOptions): Promise<void>;
  /**
   * Gives the link a name in the BPF file system: the program then stays attached without this process.
   *
   * @throws {BpfError} `pin-exists`, `not-bpffs`, `not-permitted`
   */
  pin(path: string): void;
  /**
   * Detaches the program now, whatever else refers to the link. A pin stays, as a link of nothing.
   *
   * @throws {BpfError} `unsupported-feature` for tracing and probes, which are detached when nothing
   * refers to the link any more
   */
  detach(): Promise<void>;
  /** Releases this handle off the event loop; detaches the program unless the link is pinned. */
  close(): Promise<void>;
}

export interface LinkUpdateOptions {
  /** Only if the link runs this program. @defaultValue whatever it runs */
  readonly expectedOld?: Program;
}

/** Where a program goes among those of its hook, which run in order. */
export type TcxPosition =
  | "first"
  | "last"
  | { readonly before: TcxAnchor }
  | { readonly after: TcxAnchor };

/** Another program at the same hook, by its link or its id. */
export type TcxAnchor = Link | { readonly programId: number };

export interface TcxOptions {
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
  /** @defaultValue `"last"` */
  readonly position?: TcxPosition;
  /** Only while the hook has this revision, see {@link queryTcx}. @defaultValue any */
  readonly expectedRevision?: bigint;
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

export interface XdpOptions {
  readonly ifindex: InterfaceIndex;
  /**
   * In the driver, in the stack, or in the driver where it can.
   *
   * @defaultValue `"auto"`
   */
  readonly mode?: "native" | "generic" | "auto";
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

export interface CgroupOptions {
  /** Folder of a cgroup, in a cgroup v2 hierarchy. */
  readonly path: string;
  /** The hook, which must be the one that the program was written for. */
  readonly type: CgroupHook;
}

/** The programs at a device's hook. */
export interface TcxQuery {
  /** Changes with every attachment and detachment; 1 before the first. */
  readonly revision: bigint;
  /** In the order in which they run. */
  readonly programs: readonly {
    readonly programId: number;
    /** Undefined for a program that was attached without a link. */
    readonly linkId: number | undefined;
  }[];
}
