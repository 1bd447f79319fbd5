import type { InterfaceIndex } from "@heddle/contracts";
import type {
  CgroupHook,
  NetfilterFamily,
  NetfilterHook,
  NetkitHook,
  NetnsHook,
  TcxHook,
} from "./hook-types.ts";
import type { Attachment } from "./attachment-types.ts";
import type { LinkInfo } from "./link-info-types.ts";
import type { Program } from "./program-types.ts";

/**
 * What keeps a program attached: until it is detached, or until no pin and no handle refers to it.
 */
export interface Link extends Attachment<LinkInfo>, Disposable {
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
export type LinkPosition<A = LinkAnchor> =
  | "first"
  | "last"
  | { readonly before: A }
  | { readonly after: A };

/** Another program at the same hook, by its link or its id. */
export type LinkAnchor = Link | { readonly programId: number };

export interface TcxOptions {
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
  /** @defaultValue `"last"` */
  readonly position?: LinkPosition;
  /** Only while the hook has this revision, see {@link queryTcx}. @defaultValue any */
  readonly expectedRevision?: bigint;
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

export interface NetkitOptions {
  /** The end of the pair that the host has, which is the primary one. */
  readonly ifindex: InterfaceIndex;
  /** What the primary end sends into the pair, or what the peer does. */
  readonly hook: NetkitHook;
  /** @defaultValue `"last"` */
  readonly position?: LinkPosition;
  /** Only while the hook has this revision. @defaultValue any */
  readonly expectedRevision?: bigint;
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

export interface XdpOptions {
  readonly ifindex: InterfaceIndex;
  /**
   * In the driver, in the stack, or in the driver where it can; or on the device itself, for a program
   * that was loaded with `offload`, see {@link OpenedObject.setDevice}.
   *
   * @defaultValue `"auto"`
   */
  readonly mode?: "native" | "generic" | "offload" | "auto";
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

export interface CgroupOptions {
  /** Folder of a cgroup, in a cgroup v2 hierarchy. */
  readonly path: string;
  /** The hook, which must be the one that the program was written for. */
  readonly type: CgroupHook;
  /**
   * Among the programs of this cgroup, which run in order; those of its ancestors run afterwards
   * (Linux 6.17). The kernel places a link beside another link only.
   *
   * @defaultValue the last place, on any kernel
   */
  readonly position?: LinkPosition<Link>;
  /** Only while the hook has this revision, see {@link queryCgroup} (Linux 6.17). @defaultValue any */
  readonly expectedRevision?: bigint;
}

/** The programs at a cgroup's hook. */
export interface CgroupQuery {
  /** Changes with every attachment and detachment; undefined before Linux 6.17, which keeps none. */
  readonly revision: bigint | undefined;
  /** In the order in which they run. */
  readonly programIds: readonly number[];
}

export interface CgroupQueryOptions {
  /**
   * Also what runs here because it is attached to an ancestor.
   *
   * @defaultValue `false`: what is attached to this very cgroup
   */
  readonly inherited?: boolean;
}

export interface NetnsOptions {
  /**
   * `sk_lookup` decides which socket takes an incoming connection or packet, beside up to 63 others.
   * `flow_dissector` reads packets' headers for hashing and classification, and is alone.
   */
  readonly hook: NetnsHook;
  /** Path of the network namespace. @defaultValue this process's own */
  readonly netns?: string;
}

export interface NetfilterOptions {
  readonly family: NetfilterFamily;
  readonly hook: NetfilterHook;
  /**
   * Among all that netfilter runs at the hook: lower ones first. Connection tracking has -200,
   * ordinary filters have 0. The two ends of the 32-bit range are the kernel's own.
   *
   * @defaultValue 0
   */
  readonly priority?: number;
  /** Put fragments of IP packets together first. @defaultValue `false` */
  readonly defragment?: boolean;
  /** Path of the network namespace. @defaultValue this process's own */
  readonly netns?: string;
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
