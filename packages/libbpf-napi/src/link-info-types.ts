import type { InterfaceIndex } from "@heddle/contracts";
import type {
  CgroupHook,
  NetfilterFamily,
  NetfilterHook,
  NetkitHook,
  NetnsHook,
  PerfEventKind,
  SockmapHook,
  TcxHook,
} from "./hook-types.ts";

interface AnyLinkInfo {
  /** Unique while the link lives. */
  readonly id: number;
  /** The program it runs. */
  readonly programId: number;
}

export interface TcxLinkInfo extends AnyLinkInfo {
  readonly type: "tcx";
  /** Undefined when the device is gone. */
  readonly ifindex: InterfaceIndex | undefined;
  readonly hook: TcxHook;
}

export interface XdpLinkInfo extends AnyLinkInfo {
  readonly type: "xdp";
  /** Undefined when the device is gone. */
  readonly ifindex: InterfaceIndex | undefined;
}

export interface CgroupLinkInfo extends AnyLinkInfo {
  readonly type: "cgroup";
  /** The cgroup's inode number; 0 when it is gone. */
  readonly cgroupId: bigint;
  /** Undefined for a hook that this package has no name for. */
  readonly hook: CgroupHook | undefined;
}

export interface NetnsLinkInfo extends AnyLinkInfo {
  readonly type: "netns";
  /** Inode of the network namespace; 0 when it is gone. */
  readonly netnsInode: number;
  readonly hook: NetnsHook | undefined;
}

export interface SockmapLinkInfo extends AnyLinkInfo {
  readonly type: "sockmap";
  /** The map of sockets; 0 when it is gone. */
  readonly mapId: number;
  readonly hook: SockmapHook | undefined;
}

export interface IteratorLinkInfo extends AnyLinkInfo {
  readonly type: "iter";
  /** What it walks, as in the program's section: `task`, `bpf_map_elem`. */
  readonly target: string;
  /** The map whose entries it walks. */
  readonly mapId: number | undefined;
}

export interface NetfilterLinkInfo extends AnyLinkInfo {
  readonly type: "netfilter";
  /** Undefined for a family that this package has no name for. */
  readonly family: NetfilterFamily | undefined;
  readonly hook: NetfilterHook | undefined;
  /** Lower ones run first. */
  readonly priority: number;
}

/** fentry, fexit, fmod_ret, LSM, `tp_btf` and freplace. */
export interface TracingLinkInfo extends AnyLinkInfo {
  readonly type: "tracing";
  /** Id of the BTF that describes the traced function, or of the program whose function is replaced. */
  readonly targetId: number;
  /** Id of the function's type within that BTF. */
  readonly targetBtfId: number;
}

export interface RawTracepointLinkInfo extends AnyLinkInfo {
  readonly type: "raw_tracepoint";
  /** `sched_switch`. */
  readonly name: string;
}

/** A kprobe, uprobe, tracepoint or other perf event. */
export interface PerfEventLinkInfo extends AnyLinkInfo {
  readonly type: "perf_event";
  /** Undefined before Linux 6.6, which does not tell. */
  readonly event: PerfEventKind | undefined;
  /** The function, the tracepoint, or the path of the file whose function is traced; may be empty. */
  readonly name: string;
  /** Where a uprobe lies in its file, in bytes; 0 for other events. */
  readonly offset: number;
}

/** One link to many functions. */
export interface MultiProbeLinkInfo extends AnyLinkInfo {
  readonly type: "kprobe_multi" | "uprobe_multi";
  /** How many functions; 0 before Linux 6.6, which does not tell. */
  readonly functions: number;
}

export interface StructOpsLinkInfo extends AnyLinkInfo {
  readonly type: "struct_ops";
  /** The map whose functions the kernel calls. */
  readonly mapId: number;
}

export interface NetkitLinkInfo extends AnyLinkInfo {
  readonly type: "netkit";
  /** The end of the pair whose traffic the program sees; undefined when the device is gone. */
  readonly ifindex: InterfaceIndex | undefined;
  readonly hook: NetkitHook;
}

/** A link of a kind that this package has no words for. */
export interface OtherLinkInfo extends AnyLinkInfo {
  readonly type: "other";
  /** As bpftool prints it, or `type` and its number. */
  readonly kind: string;
}

export type LinkInfo =
  | TcxLinkInfo
  | XdpLinkInfo
  | CgroupLinkInfo
  | NetnsLinkInfo
  | SockmapLinkInfo
  | IteratorLinkInfo
  | NetfilterLinkInfo
  | TracingLinkInfo
  | RawTracepointLinkInfo
  | PerfEventLinkInfo
  | MultiProbeLinkInfo
  | StructOpsLinkInfo
  | NetkitLinkInfo
  | OtherLinkInfo;
