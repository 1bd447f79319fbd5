import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { AttachmentKind, DeviceRole, Pins } from "@heddle/datapath/pins";
import { createRtnetlink } from "@heddle/rtnetlink";
import { openProgramById, type ProgramInfo } from "libbpf-napi";
import { formatTable } from "../table.ts";
import { attachedProgram } from "./attached-program.ts";

/** A program that is attached to a device. */
export interface AttachedProgram {
  /** Whose device it is: a pod's, or the node's own. */
  readonly role: DeviceRole;
  /** Undefined when the device is in another network namespace. */
  readonly device: string | undefined;
  /** The device's index when it was attached. */
  readonly ifindex: number;
  readonly hook: string;
  /** By what it is attached. */
  readonly kind: AttachmentKind;
  readonly programId: number;
  readonly name: string;
  /** Hash of its instructions. */
  readonly tag: string;
  /** When it was loaded, RFC 3339 in seconds. */
  readonly loaded: string;
  /** Bytes of machine code. */
  readonly jitedBytes: number;
  /** How often it ran, and for how many nanoseconds; undefined unless the kernel counts. */
  readonly runs: { readonly count: bigint; readonly nanoseconds: bigint } | undefined;
  readonly mapIds: readonly number[];
  /** The link's pin, or the note of a filter. */
  readonly path: string;
}

/** The programs at devices that are there, by device. */
export async function listPrograms(pins: Pins): Promise<readonly AttachedProgram[]> {
  const names = await deviceNames();
  const counted = isCounted();
  const programs: AttachedProgram[] = [];
  for (const attachment of pins.attachments()) {
    const programId = await attachedProgram(attachment);
    if (programId === undefined) continue;
    using program = openProgramById(programId);
    const device = names.get(attachment.ifindex);
    programs.push({ ...attachment, device, ...describe(program.info(), counted) });
  }
  return programs.toSorted(
    (left, right) => left.ifindex - right.ifindex || (left.hook < right.hook ? 1 : -1),
  );
}

type ProgramFacts = Omit<AttachedProgram, "role" | "kind" | "device" | "ifindex" | "hook" | "path">;

function describe(info: ProgramInfo, counted: boolean): ProgramFacts {
  const sinceStart = Number(info.loadTime) / 1e6;
  const loaded = new Date(Date.now() - uptime() * 1000 + sinceStart);
  return {
    programId: info.id,
    name: info.name,
    tag: info.tag,
    loaded: `${loaded.toISOString().slice(0, 19)}Z`,
    jitedBytes: info.jitedSize,
    runs: counted ? { count: info.runCount, nanoseconds: info.runTime } : undefined,
    mapIds: info.mapIds,
  };
}

async function deviceNames(): Promise<ReadonlyMap<number, string>> {
  await using rtnetlink = createRtnetlink();
  await rtnetlink.start();
  const links = await rtnetlink.links.list();
  return new Map(links.map(({ index, name }) => [index, name]));
}

function isCounted(): boolean {
  return readFileSync("/proc/sys/kernel/bpf_stats_enabled", "utf8").trim() === "1";
}

/** The programs as a table. */
export function formatPrograms(programs: readonly AttachedProgram[]): string {
  return formatTable(programs, {
    device: ({ device }) => device,
    index: ({ ifindex }) => ifindex,
    hook: ({ hook }) => hook,
    by: ({ kind }) => kind,
    program: ({ name }) => name,
    id: ({ programId }) => programId,
    tag: ({ tag }) => tag,
    loaded: ({ loaded }) => loaded,
    jited: ({ jitedBytes }) => jitedBytes,
    runs: ({ runs }) => runs?.count,
    nsPerRun: ({ runs }) => (runs === undefined ? undefined : meanTime(runs)),
    maps: ({ mapIds }) => mapIds.join(","),
  });
}

function meanTime({ count, nanoseconds }: NonNullable<AttachedProgram["runs"]>): bigint {
  return count === 0n ? 0n : nanoseconds / count;
}
