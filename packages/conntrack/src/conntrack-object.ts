import { existsSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { type LoadedObject, type OpenedObject, openObject, possibleCpus } from "libbpf-napi";
import { ConntrackError, invalidOption } from "./conntrack-error.ts";
import {
  connCountersMap,
  connectionsMap,
  connEventsMap,
  connGaugesMap,
  connSettingsMap,
  conntrackObject,
  natDevicesMap,
  natPortsMap,
  natPrefixesMap,
  natSettingsMap,
  natWarningsMap,
} from "./generated/bpf.ts";
import type { ConntrackControlMaps, ConntrackPrograms } from "./kernel-maps.ts";
import { connectionsForMemory } from "./table-size.ts";

/** What has to be known before the programs are loaded. */
export interface TableSize {
  /**
   * Entries that the map has: what the limit of connections can be raised to. Their memory is taken when it is made.
   *
   * @defaultValue as `connectionsForMemory` says of this machine
   */
  readonly ceiling?: number;
  /**
   * Datagrams at most of which the ports are kept for later fragments.
   *
   * @defaultValue 4096
   */
  readonly fragments?: number;
}

/**
 * Gives an object that is opened, not loaded, a table of that size. Any object will do that has the maps of connection
 * tracking, which must be of one size in all objects that share them.
 *
 * @throws {ConntrackError} `invalid-option`
 */
export function sizeTable(
  object: Pick<OpenedObject, "findVariable" | "resizeMap" | "setVariable">,
  size: TableSize = {},
): void {
  const { ceiling = connectionsForMemory(totalmem()), fragments = 4096 } = size;
  requireEntries("ceiling", ceiling);
  requireEntries("fragments", fragments);
  // A half-open connection is never without a place; one that finds none among the closing ones dies soon.
  const halfOpen = 2 ** Math.ceil(Math.log2(ceiling));
  const closing = Math.max(fewestPlaces, halfOpen / closingShare);
  setSizes(object, { connections: ceiling, halfOpen, closing, fragments });
}

/** How many entries each of the maps has that have no fixed size. */
export interface MapSizes {
  readonly connections: number;
  /** Powers of 2. */
  readonly halfOpen: number;
  readonly closing: number;
  readonly fragments: number;
}

/** Gives an object that is opened, not loaded, maps of these sizes. */
export function setSizes(
  object: Pick<OpenedObject, "findVariable" | "resizeMap" | "setVariable">,
  { connections, halfOpen, closing, fragments }: MapSizes,
): void {
  object.resizeMap("connections", connections);
  object.resizeMap("conn_half_open", halfOpen);
  object.resizeMap("conn_closing", closing);
  object.resizeMap("fragments", fragments);
  // By name, since it lies elsewhere in each object.
  object.setVariable(object.findVariable("half_open_places"), halfOpen);
  object.setVariable(object.findVariable("closing_places"), closing);
}

const closingShare = 4;
const fewestPlaces = 64;
const mostEntries = 2 ** 26;

function requireEntries(option: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= mostEntries) return;
  const reason = `${String(value)} is not a whole number from 1 to ${String(mostEntries)}`;
  throw invalidOption(option, reason);
}

/** Opens the programs that track what passes a device. @throws {ConntrackError} `object-missing` */
export async function openConntrackObject(): Promise<OpenedObject> {
  // It lies beside `src` as beside `dist`.
  const path = fileURLToPath(new URL("../objects/conntrack.bpf.o", import.meta.url));
  if (existsSync(path)) {
    const object = await openObject(path);
    setSweepReadsMemory(object, mayReadMemory());
    return object;
  }
  throw new ConntrackError({
    code: "object-missing",
    operation: "load programs of",
    subject: "conntrack",
    reason: `there is no ${path}`,
    hint: "in a clone of the repository: npx nx run bpf:bpf",
  });
}

/**
 * Chooses, of an object that is opened, not loaded, how its programs walk the table: in the order of the kernel's memory, which
 * is faster, or in that of its hash, which also works where no program may read the kernel's memory.
 */
export function setSweepReadsMemory(
  object: Pick<OpenedObject, "findVariable" | "setVariable">,
  readsMemory: boolean,
): void {
  object.setVariable(object.findVariable("sweep_spare_elements"), readsMemory ? possibleCpus() : 0);
}

/** Whether BPF programs may read the kernel's memory: not with `lockdown=confidentiality` (Linux 5.4). */
function mayReadMemory(): boolean {
  try {
    return !readFileSync("/sys/kernel/security/lockdown", "utf8").includes("[confidentiality]");
  } catch {
    // The kernel has no lockdown, or its file system is not mounted here.
    return true;
  }
}

/** What `createKernelConntrack` needs of an object that has been loaded. */
export function partsOf(object: LoadedObject): {
  readonly maps: ConntrackControlMaps;
  readonly programs: ConntrackPrograms;
} {
  return {
    maps: {
      connections: object.map(connectionsMap),
      settings: object.map(connSettingsMap),
      gauges: object.map(connGaugesMap),
      counters: object.perCpuMap(connCountersMap),
      events: object.ringBuffer(connEventsMap),
      nat: {
        settings: object.map(natSettingsMap),
        devices: object.map(natDevicesMap),
        prefixes: object.map(natPrefixesMap),
        ports: object.map(natPortsMap),
        warnings: object.ringBuffer(natWarningsMap),
      },
    },
    programs: {
      sweep: object.program(conntrackObject.programs.connSweep.name),
      flush: object.program(conntrackObject.programs.connFlush.name),
    },
  };
}
