import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";
import type { NativeLinkInfo } from "./addon.ts";
import {
  cgroupAttachTypes,
  keyOf,
  linkTypeName,
  netfilterFamilies,
  netfilterHooks,
  netkitAttachTypes,
  netnsAttachTypes,
  perfEventKinds,
  sockmapAttachTypes,
  tcxAttachTypes,
} from "./kernel-names.ts";
import type { LinkInfo } from "./link-info-types.ts";

type Describe = (info: NativeLinkInfo) => LinkInfo;

/** By the names of `enum bpf_link_type`. */
const descriptions: Readonly<Record<string, Describe>> = {
  tcx: (info) => ({
    type: "tcx",
    ...identity(info),
    ifindex: presentInterface(info.ifindex),
    hook: info.attachType === tcxAttachTypes.ingress ? "ingress" : "egress",
  }),
  netkit: (info) => ({
    type: "netkit",
    ...identity(info),
    ifindex: presentInterface(info.ifindex),
    hook: info.attachType === netkitAttachTypes.primary ? "primary" : "peer",
  }),
  xdp: (info) => ({ type: "xdp", ...identity(info), ifindex: presentInterface(info.ifindex) }),
  cgroup: (info) => ({
    type: "cgroup",
    ...identity(info),
    cgroupId: info.cgroupId ?? 0n,
    hook: keyOf(cgroupAttachTypes, info.attachType),
  }),
  netns: (info) => ({
    type: "netns",
    ...identity(info),
    netnsInode: info.netnsInode ?? 0,
    hook: keyOf(netnsAttachTypes, info.attachType),
  }),
  sockmap: (info) => ({
    type: "sockmap",
    ...identity(info),
    mapId: info.mapId ?? 0,
    hook: keyOf(sockmapAttachTypes, info.attachType),
  }),
  iter: (info) => ({
    type: "iter",
    ...identity(info),
    target: info.name ?? "",
    mapId: info.mapId === 0 ? undefined : info.mapId,
  }),
  netfilter: (info) => ({
    type: "netfilter",
    ...identity(info),
    family: keyOf(netfilterFamilies, info.family),
    hook: keyOf(netfilterHooks, info.netfilterHook),
    priority: info.priority ?? 0,
  }),
  tracing: (info) => ({
    type: "tracing",
    ...identity(info),
    targetId: info.targetId ?? 0,
    targetBtfId: info.targetBtfId ?? 0,
  }),
  raw_tracepoint: (info) => ({ type: "raw_tracepoint", ...identity(info), name: info.name ?? "" }),
  perf_event: (info) => ({
    type: "perf_event",
    ...identity(info),
    event: keyOf(perfEventKinds, info.event),
    name: info.name ?? "",
    offset: info.offset ?? 0,
  }),
  kprobe_multi: (info) => describeMulti("kprobe_multi", info),
  uprobe_multi: (info) => describeMulti("uprobe_multi", info),
  struct_ops: (info) => ({ type: "struct_ops", ...identity(info), mapId: info.mapId ?? 0 }),
};

/** What the kernel says of a link, in this package's words. */
export function describeLink(info: NativeLinkInfo): LinkInfo {
  const kind = linkTypeName(info.type);
  return descriptions[kind]?.(info) ?? { type: "other", ...identity(info), kind };
}

function identity({ id, programId }: NativeLinkInfo): Pick<LinkInfo, "id" | "programId"> {
  return { id, programId };
}

function describeMulti(type: "kprobe_multi" | "uprobe_multi", info: NativeLinkInfo): LinkInfo {
  return { type, ...identity(info), functions: info.count ?? 0 };
}

function presentInterface(index: number | undefined): InterfaceIndex | undefined {
  return index === undefined || index === 0 ? undefined : interfaceIndex(index);
}
