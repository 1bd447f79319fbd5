import type {
  cgroupAttachTypes,
  netfilterFamilies,
  netfilterHooks,
  netkitAttachTypes,
  netnsAttachTypes,
  perfEventKinds,
  sockmapAttachTypes,
} from "./kernel-names.ts";

/** The side of a device's traffic that a program sees: what comes in, or what goes out. */
export type TcxHook = "ingress" | "egress";

/** What a program at a cgroup decides, by the name in the program's section (`cgroup/connect4`). */
export type CgroupHook = keyof typeof cgroupAttachTypes;

/** What a program of a network namespace decides, by the program's section. */
export type NetnsHook = keyof typeof netnsAttachTypes;

/** What a program at a map of sockets decides, by the end of the program's section (`sk_skb/verdict`). */
export type SockmapHook = keyof typeof sockmapAttachTypes;

/** Where netfilter asks a program. */
export type NetfilterHook = keyof typeof netfilterHooks;
export type NetfilterFamily = keyof typeof netfilterFamilies;

/** The end of a netkit pair that a program is for, seen from the host's. */
export type NetkitHook = keyof typeof netkitAttachTypes;

/** Kinds of perf events, as the kernel tells them of a link. */
export type PerfEventKind = keyof typeof perfEventKinds;
