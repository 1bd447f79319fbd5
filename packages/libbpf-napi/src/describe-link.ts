import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";
import type { NativeLinkInfo } from "./addon.ts";
import { cgroupAttachTypes, linkTypeName, tcxAttachTypes } from "./kernel-names.ts";
import type { LinkInfo } from "./link-info-types.ts";
import type { CgroupHook } from "./link-types.ts";

/** What the kernel says of a link, in this package's words. */
export function describeLink(info: NativeLinkInfo): LinkInfo {
  const { id, programId, ifindex, attachType, cgroupId = 0n } = info;
  const type = linkTypeName(info.type);
  switch (type) {
    case "tcx": {
      const hook = attachType === tcxAttachTypes.ingress ? "ingress" : "egress";
      return { type, id, programId, ifindex: presentInterface(ifindex), hook };
    }
    case "xdp":
      return { type, id, programId, ifindex: presentInterface(ifindex) };
    case "cgroup":
      return { type, id, programId, cgroupId, hook: cgroupHook(attachType) };
    default:
      return { type: "other", id, programId, kind: type };
  }
}

function presentInterface(index: number | undefined): InterfaceIndex | undefined {
  return index === undefined || index === 0 ? undefined : interfaceIndex(index);
}

function cgroupHook(attachType: number | undefined): CgroupHook | undefined {
  return cgroupHooks.find((hook) => cgroupAttachTypes[hook] === attachType);
}

const cgroupHooks = Object.keys(cgroupAttachTypes).filter(isCgroupHook);

function isCgroupHook(name: string): name is CgroupHook {
  return name in cgroupAttachTypes;
}
