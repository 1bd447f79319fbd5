import { readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAgentClient } from "@heddle/agent/client";
import { CodedError, toError } from "@heddle/contracts";
import { nodeObject, podObject } from "@heddle/datapath/bpf";
import { pinsAt } from "@heddle/datapath/pins";
import { createRtnetlink } from "@heddle/rtnetlink";
import {
  BpfError,
  elfSection,
  openProgramById,
  parseElf,
  probe,
  queryClsact,
  queryTcx,
} from "libbpf-napi";
import { versionsIn } from "../bpf/pin-root.ts";
import type { GlobalOptions } from "../global-options.ts";
import { ownVersion } from "../own-version.ts";
import { findDefaultDevices } from "./default-devices.ts";
import type { Machine, ObjectFile } from "./machine.ts";
import { comparePinnedMaps, readAttachments } from "./pinned-state.ts";

/** The machine that this process runs on, as seen from its network namespace. */
export function thisMachine({ pinRoot, socket }: GlobalOptions): Machine {
  const pins = pinsAt(pinRoot);
  return {
    kernelRelease: release(),
    pinRoot,
    version: ownVersion(),
    readText,
    fileSystem,
    probe,
    loadAddons,
    objectFiles: () => [podObject, nodeObject].map(({ name }) => inspectObject(name)),
    defaultDevices: findDefaultDevices,
    async programsAt(ifindex, hook) {
      const { supported } = await probe("tcx");
      const links = supported ? (await queryTcx(ifindex, hook)).programs : [];
      const filters = await queryClsact(ifindex, hook);
      return [...links, ...filters].map(({ programId: id }) => {
        using program = openProgramById(id);
        return { id, name: program.name };
      });
    },
    pinnedVersions: () => versionsIn(pinRoot),
    pinnedMaps: () => comparePinnedMaps(pins),
    attachments: () => readAttachments(pins),
    agentStatus: () => createAgentClient(socket).status(),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The magic numbers of linux/magic.h. */
const magics: ReadonlyMap<number, "bpf" | "cgroup2"> = new Map([
  [0xcafe4a11, "bpf"],
  [0x63677270, "cgroup2"],
]);

function fileSystem(path: string): "bpf" | "cgroup2" | "other" | undefined {
  try {
    return magics.get(statfsSync(path).type >>> 0) ?? "other";
  } catch {
    return undefined;
  }
}

async function loadAddons(): Promise<void> {
  try {
    await probe("ringbuf");
  } catch (error) {
    // Whoever may not ask the kernel has loaded what asks it.
    if (!(error instanceof BpfError) || error.code !== "not-permitted") throw error;
  }
  await using rtnetlink = createRtnetlink();
  await rtnetlink.start();
}

function inspectObject(name: string): ObjectFile {
  const manifest = fileURLToPath(import.meta.resolve("@heddle/datapath/package.json"));
  const path = join(dirname(manifest), "objects", `${name}.bpf.o`);
  try {
    const elf = parseElf(readFileSync(path), path);
    const extension = elfSection(elf, ".BTF.ext")?.bytes ?? new Uint8Array();
    return { path, problem: undefined, needsKernelBtf: hasRelocations(extension) };
  } catch (error) {
    const problem = error instanceof CodedError ? error.reason : toError(error).message;
    return { path, problem, needsKernelBtf: false };
  }
}

/** Bytes from the beginning of `.BTF.ext` to `core_relo_len` (struct btf_ext_header of libbpf). */
const relocationLength = 28;

function hasRelocations(extension: Uint8Array): boolean {
  const header = new DataView(extension.buffer, extension.byteOffset, extension.byteLength);
  if (header.byteLength < relocationLength + 4) return false;
  return header.getUint32(relocationLength, true) > 0;
}
