import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { IpAddress, Logger, MacAddress } from "@heddle/contracts";
import {
  BpfError,
  type LoadedObject,
  type OpenedObject,
  openObject,
  unpin,
  type VariableSpec,
} from "libbpf-napi";
import type { ProgramPair } from "./attach.ts";
import { DatapathError } from "./datapath-error.ts";
import { nodeObject, podObject, TunnelUse } from "./generated/bpf.ts";
import { companionsOf, type DeviceRole, isExpendable, type Pins, retiredMaps } from "./pins.ts";

/** What the programs are loaded with. */
export interface LoadSettings {
  readonly gatewayIpv4: IpAddress;
  readonly gatewayIpv6: IpAddress;
  readonly gatewayMac: MacAddress;
  readonly tunnels: TunnelSettings;
  /** Entries by map name, where they differ from what the source says. */
  readonly mapEntries: Readonly<Record<string, number>>;
  readonly prepare: Prepare;
}

/** What the programs do with tunnels between nodes, by the settings of their names. */
export interface TunnelSettings {
  readonly tunnelUse: TunnelUse;
  /** Bit 0 for IPv4, bit 1 for IPv6. */
  readonly tunnelChecksum: number;
  /** 0 for none. */
  readonly tunnelCluster: number;
}

/** What the owners of maps have to say of an object that is opened, before it is loaded. */
export type Prepare = (
  object: Pick<OpenedObject, "findVariable" | "resizeMap" | "setVariable">,
) => void;

/** The programs in the kernel. Closing it leaves attached programs and pinned maps as they are. */
export interface LoadedPrograms extends Disposable {
  /** For each role; those of tunnels are empty unless packets are sent into them. */
  readonly pairs: Readonly<Record<DeviceRole, ProgramPair>>;
  /** An object that has the map; they share those of one name. */
  objectWith(map: string): LoadedObject;
}

/**
 * Loads the objects into the kernel, with the maps that are pinned, or new ones that are then pinned.
 *
 * @throws {DatapathError} `incompatible-state`, `object-missing`
 * @throws {BpfError} what libbpf-napi throws when an object is opened or loaded
 */
export async function loadPrograms(
  pins: Pins,
  settings: LoadSettings,
  logger: Logger,
): Promise<LoadedPrograms> {
  const { fromPod, toPod } = podObject.programs;
  const { fromNet, toNet, toTunnel, toTunnelCut } = nodeObject.programs;
  const sends = settings.tunnels.tunnelUse === TunnelUse.send;
  const [pod, node] = await loadObjects(pins, settings, logger);
  // Programs of an earlier release that are still attached keep theirs until they are replaced.
  unpinThose(retiredMaps, pins);
  return {
    pairs: {
      pod: { ingress: pod.program(fromPod.name), egress: pod.program(toPod.name) },
      node: { ingress: node.program(fromNet.name), egress: node.program(toNet.name) },
      tunnel: sends ? { egress: node.program(toTunnel.name) } : {},
      "tunnel-far": sends ? { ingress: node.program(toTunnelCut.name) } : {},
    },
    objectWith: (map) => (podMaps.has(map) ? pod : node),
    [Symbol.dispose]() {
      node.close();
      pod.close();
    },
  };
}

const podMaps: ReadonlySet<string> = new Set(podObject.maps);

/** What both objects have in common, as far as it is decided here. */
interface Loadable {
  readonly name: string;
  readonly maps: readonly string[];
  readonly settings: {
    readonly gatewayIpv4: VariableSpec<IpAddress>;
    readonly gatewayIpv6: VariableSpec<IpAddress>;
    readonly gatewayMac: VariableSpec<MacAddress>;
    readonly tunnelUse: VariableSpec<number>;
    readonly tunnelChecksum: VariableSpec<number>;
    readonly tunnelCluster: VariableSpec<number>;
  };
}

async function loadObjects(
  pins: Pins,
  settings: LoadSettings,
  logger: Logger,
): Promise<readonly [LoadedObject, LoadedObject]> {
  const objects: readonly Loadable[] = [podObject, nodeObject];
  for (const { maps } of objects) unpinIncomplete(maps, pins);
  try {
    return await loadBoth(pins, settings);
  } catch (error) {
    if (!isIncompatiblePin(error)) throw error;
    for (const object of objects) await makeRoom(object, pins, settings, logger);
    return await loadBoth(pins, settings);
  }
}

async function loadBoth(
  pins: Pins,
  settings: LoadSettings,
): Promise<readonly [LoadedObject, LoadedObject]> {
  const { toTunnel, toTunnelCut } = nodeObject.programs;
  const sends = settings.tunnels.tunnelUse === TunnelUse.send;
  const unused = sends ? [] : [toTunnel.name, toTunnelCut.name];
  for (const object of [podObject, nodeObject]) await createMaps(object, pins, settings);
  // The kernel verifies both at once, now that neither makes maps that the other one shares.
  const loading = [
    loadObject(podObject, [], pins, settings),
    loadObject(nodeObject, unused, pins, settings),
  ] as const;
  try {
    return await Promise.all(loading);
  } catch (error) {
    for (const one of await Promise.allSettled(loading)) {
      if (one.status === "fulfilled") one.value.close();
    }
    throw error;
  }
}

async function loadObject(
  { name, maps, settings: names }: Loadable,
  unused: readonly string[],
  pins: Pins,
  settings: LoadSettings,
): Promise<LoadedObject> {
  using object = await openObject(objectFile(name));
  for (const program of unused) object.setAutoload(program, false);
  object.setVariable(names.gatewayIpv4, settings.gatewayIpv4);
  object.setVariable(names.gatewayIpv6, settings.gatewayIpv6);
  object.setVariable(names.gatewayMac, settings.gatewayMac);
  object.setVariable(names.tunnelUse, settings.tunnels.tunnelUse);
  object.setVariable(names.tunnelChecksum, settings.tunnels.tunnelChecksum);
  object.setVariable(names.tunnelCluster, settings.tunnels.tunnelCluster);
  return await loadPinned(object, maps, pins, settings);
}

/** Makes and pins those of an object's maps that are not pinned yet. */
async function createMaps(
  { name, maps }: Loadable,
  pins: Pins,
  settings: LoadSettings,
): Promise<void> {
  if (maps.every((map) => existsSync(pins.map(map)))) return;
  using object = await openObject(objectFile(name));
  for (const program of object.programs) object.setAutoload(program.name, false);
  using _ = await loadPinned(object, maps, pins, settings);
}

/**
 * Loads an object with the maps that are pinned, and pins those that are not.
 *
 * @throws {BpfError} `incompatible-pin`, or what loading throws
 */
export async function loadPinned(
  object: OpenedObject,
  maps: readonly string[],
  pins: Pins,
  settings: Pick<LoadSettings, "mapEntries" | "prepare">,
): Promise<LoadedObject> {
  sizeMaps(object, maps, settings);
  for (const map of maps) object.pinMap(map, pins.map(map));
  return await object.load();
}

function sizeMaps(
  object: OpenedObject,
  maps: readonly string[],
  { mapEntries, prepare }: Pick<LoadSettings, "mapEntries" | "prepare">,
): void {
  for (const map of maps) {
    const entries = mapEntries[map];
    if (entries !== undefined) object.resizeMap(map, entries);
  }
  prepare(object);
}

/** Object files lie beside `src` as beside `dist`. */
function objectFile(name: string): string {
  const path = fileURLToPath(new URL(`../objects/${name}.bpf.o`, import.meta.url));
  if (existsSync(path)) return path;
  throw new DatapathError({
    code: "object-missing",
    operation: "load programs of",
    subject: name,
    reason: `there is no ${path}`,
    hint: "in a clone of the repository: npx nx run bpf:bpf",
  });
}

/**
 * Unpins the maps that are of another layout and whose content may be lost, each with its companions.
 *
 * @throws {DatapathError} `incompatible-state` for one whose content may not
 */
async function makeRoom(
  { name, maps }: Loadable,
  pins: Pins,
  settings: LoadSettings,
  logger: Logger,
): Promise<void> {
  using object = await openObject(objectFile(name));
  sizeMaps(object, maps, settings);
  const cleared = new Set<string>();
  for (const map of maps) {
    const path = pins.map(map);
    try {
      object.pinMap(map, path);
      continue;
    } catch (error) {
      if (!isIncompatiblePin(error)) throw error;
      if (!isExpendable(map)) throw incompatible(map, path, pins, error);
      logger.warn("replacing a pinned map of another layout", { map, path, reason: error.reason });
    }
    for (const companion of companionsOf(map)) cleared.add(companion);
  }
  unpinThose(cleared, pins);
}

function isIncompatiblePin(error: unknown): error is BpfError {
  return error instanceof BpfError && error.code === "incompatible-pin";
}

/** Unpins the maps that are pinned while a companion is not. */
function unpinIncomplete(maps: readonly string[], pins: Pins): void {
  const isPinned = (map: string): boolean => existsSync(pins.map(map));
  unpinThose(
    maps.filter((map) => !companionsOf(map).every(isPinned)),
    pins,
  );
}

function unpinThose(maps: Iterable<string>, pins: Pins): void {
  for (const path of Iterator.from(maps).map((map) => pins.map(map))) {
    if (existsSync(path)) unpin(path);
  }
}

function incompatible(map: string, path: string, pins: Pins, cause: BpfError): DatapathError {
  return new DatapathError({
    code: "incompatible-state",
    operation: `take over map ${map} from`,
    subject: path,
    reason: cause.reason,
    hint:
      "start with the release and the options that made it, or give up the node's connections: " +
      `rm -r ${pins.root}`,
    cause,
  });
}
