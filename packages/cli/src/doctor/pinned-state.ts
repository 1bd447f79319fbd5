import { isExpendable, type Pins } from "@heddle/datapath/pins";
import {
  type AnyMapSpec,
  BpfError,
  openPinnedMap,
  openPinnedPerCpuMap,
  openPinnedRingBuffer,
  pinnedMapInfo,
} from "libbpf-napi";
import { isPerCpu, knownMaps } from "../bpf/known-maps.ts";
import { attachedProgram } from "../bpf/attached-program.ts";
import type { AttachmentPin, MapPin } from "./machine.ts";

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

/** What is attached to devices, and whether they are still there. */
export async function readAttachments(pins: Pins): Promise<readonly AttachmentPin[]> {
  const found: AttachmentPin[] = [];
  for (const attachment of pins.attachments()) {
    const programId = await attachedProgram(attachment);
    found.push({ path: attachment.path, programId });
  }
  return found;
}
