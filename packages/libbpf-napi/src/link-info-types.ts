import type { InterfaceIndex } from "@heddle/contracts";
import type { CgroupHook, TcxHook } from "./link-types.ts";

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

/** A link of a kind that this package cannot make. */
export interface OtherLinkInfo extends AnyLinkInfo {
  readonly type: "other";
  /** As bpftool prints it: `perf_event`. */
  readonly kind: string;
}

export type LinkInfo = TcxLinkInfo | XdpLinkInfo | CgroupLinkInfo | OtherLinkInfo;
