import { isExpendable, type Pins } from "@heddle/datapath/pins";
import {
  type AnyMapSpec,
  BpfError,
  openPinnedLink,
  openPinnedMap,
  openPinnedPerCpuMap,
  openPinnedRingBuffer,
  pinnedMapInfo,
} from "libbpf-napi";
import { isPerCpu, knownMaps } from "../bpf/known-maps.ts";
import type { LinkPin, MapPin } from "./machine.ts";

/** The pinned maps that this release knows, each compared with what it knows. */
export function comparePinnedMaps(pins: Pins): readonly MapPin[] {
  return pins.maps().flatMap((name) => {
    const spec = knownMaps.get(name)?.spec;
    if (spec === undefined) return [];
    const path = pins.map(name);
    return [{ name, path, mismatch: mismatchOf(path, spec), isExpendable: isExpendable(name) }];
  });
}

/** How many entries a map has is for the agent's options to say. */
function mismatchOf(path: string, spec: AnyMapSpec): string | undefined {
  try {
    using _ = openPinned(path, { ...spec, maxEntries: pinnedMapInfo(path).maxEntries });
    return undefined;
  } catch (error) {
    if (error instanceof BpfError && error.code === "incompatible-pin") return error.reason;
    throw error;
  }
}

function openPinned(path: string, spec: AnyMapSpec): Disposable {
  if (spec.type === "ringbuf") return openPinnedRingBuffer(path, spec);
  return isPerCpu(spec) ? openPinnedPerCpuMap(path, spec) : openPinnedMap(path, spec);
}

/** The pinned links, and whether their devices are still there. */
export async function readPinnedLinks(pins: Pins): Promise<readonly LinkPin[]> {
  const links: LinkPin[] = [];
  for (const { path } of pins.links()) {
    await using link = openPinnedLink(path);
    const info = link.info();
    const isDead = info.type !== "tcx" || info.ifindex === undefined;
    links.push({ path, programId: info.programId, isDead });
  }
  return links;
}
