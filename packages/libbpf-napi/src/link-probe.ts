import { existsSync } from "node:fs";
import { addon } from "./addon.ts";
import { describeErrno, errnoName } from "./errno.ts";
import { type KernelFeature, kernelError } from "./errors.ts";
import {
  cgroupAttachTypes,
  kprobeMultiAttachType,
  netfilterAttachType,
  programTypeNumber,
  sockmapAttachTypes,
  tracingAttachTypes,
  uprobeMultiAttachType,
} from "./kernel-names.ts";

/** Kinds of links that {@link probe} knows to find out about. */
export type LinkFeatureName =
  | "cgroup-order"
  | "sockmap-link"
  | "netfilter-link"
  | "kprobe"
  | "kprobe-multi"
  | "uprobe"
  | "uprobe-multi"
  | "fentry"
  | "lsm"
  | "freplace";

/** What was found out, and how. */
export interface Finding {
  readonly supported: boolean;
  readonly reason: string;
}

/** A feature and how to find out about it. */
export interface Feature extends KernelFeature {
  readonly find: () => Promise<Finding> | Finding;
}

/** `BPF_F_AFTER` of linux/bpf.h. */
const after = 1 << 4;

/** The kinds of links of {@link probe}, each by what a kernel that has it complains about. */
export const linkFeatures: Readonly<Record<LinkFeatureName, Feature>> = {
  "cgroup-order": {
    name: "order of programs at a cgroup",
    sinceKernel: "6.17",
    find: () => tryLink("cgroup_skb", cgroupAttachTypes.skb_ingress, "EBADF", after),
  },
  "sockmap-link": {
    name: "links to maps of sockets",
    sinceKernel: "6.10",
    find: () => tryLink("sk_msg", sockmapAttachTypes.msg_verdict, "EBADF"),
  },
  "netfilter-link": {
    name: "BPF programs in netfilter",
    sinceKernel: "6.4",
    find: () => tryLink("netfilter", netfilterAttachType, "EAFNOSUPPORT"),
  },
  kprobe: { name: "kprobes", sinceKernel: "4.17", find: () => findEventSource("kprobe") },
  "kprobe-multi": {
    name: "links to many kprobes",
    sinceKernel: "5.18",
    find: () => tryLink("kprobe", kprobeMultiAttachType, "ESRCH"),
  },
  uprobe: { name: "uprobes", sinceKernel: "4.17", find: () => findEventSource("uprobe") },
  "uprobe-multi": {
    name: "links to many uprobes",
    sinceKernel: "6.6",
    find: () => tryLink("kprobe", uprobeMultiAttachType, "EBADF"),
  },
  fentry: {
    name: "tracing of functions' entry and exit",
    sinceKernel: "5.5",
    find: () => tryTracing("tracing", tracingAttachTypes.fentry, "bpf_fentry_test1"),
  },
  // It is made of the same parts as fentry.
  freplace: {
    name: "replacing of programs' functions",
    sinceKernel: "5.10",
    find: () => tryTracing("tracing", tracingAttachTypes.fentry, "bpf_fentry_test1"),
  },
  lsm: {
    name: "BPF security modules",
    sinceKernel: "5.7",
    find: () => tryTracing("lsm", tracingAttachTypes.lsm, "file_open"),
  },
};

/** A kernel without the kind of link refuses by another error than one that misses its target. */
function tryLink(type: string, attachType: number, expected: string, flags = 0): Finding {
  const result = addon().linkProbe(programTypeNumber(type), attachType, flags);
  const errno = errnoName(-result);
  if (errno === "EPERM") throw kernelError({ operation: "probe", subject: "links" }, -result);
  return errno === expected
    ? { supported: true, reason: `it refuses such a link to nothing by ${errno}` }
    : { supported: false, reason: `it refuses such a link by ${errno} instead of ${expected}` };
}

/** As root with all capabilities, EPERM is how a kernel says that it was built or started without. */
async function tryTracing(type: string, attachType: number, target: string): Promise<Finding> {
  const { error } = await addon().tracingProbe(programTypeNumber(type), attachType, target);
  if (errnoName(error) === "EPERM") requireTracing();
  return error === 0
    ? { supported: true, reason: `a program for ${target} was loaded` }
    : { supported: false, reason: `it refuses a program for ${target}: ${describeErrno(error)}` };
}

/** Whoever may load a program for kprobes may load one for other functions of the kernel. */
function requireTracing(): void {
  const result = addon().linkProbe(programTypeNumber("kprobe"), 0, 0);
  if (errnoName(-result) !== "EPERM") return;
  throw kernelError({ operation: "probe", subject: "tracing" }, -result);
}

function findEventSource(name: string): Finding {
  const path = `/sys/bus/event_source/devices/${name}`;
  return existsSync(path)
    ? { supported: true, reason: `${path} is there` }
    : { supported: false, reason: `there is no ${path}` };
}
