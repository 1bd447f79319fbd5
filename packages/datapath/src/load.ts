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
  const unused = sends ? [] : [toTunnel.name, toTunnelCut.name];
  const pod = await loadObject(podObject, [], pins, settings, logger);
  const node = await loadObject(nodeObject, unused, pins, settings, logger);
  // Programs of an earlier release that are still attached keep theirs until they are replaced.
  for (const path of retiredMaps.map((map) => pins.map(map))) if (existsSync(path)) unpin(path);
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

async function loadObject(
  spec: Loadable,
  unused: readonly string[],
  pins: Pins,
  settings: LoadSettings,
  logger: Logger,
): Promise<LoadedObject> {
  const path = objectFile(spec.name);
  {
    using object = await openObject(path);
    sizeMaps(object, spec.maps, settings);
    clearPins(object, spec.maps, pins, logger);
  }
  using object = await openObject(path);
  for (const program of unused) object.setAutoload(program, false);
  object.setVariable(spec.settings.gatewayIpv4, settings.gatewayIpv4);
  object.setVariable(spec.settings.gatewayIpv6, settings.gatewayIpv6);
  object.setVariable(spec.settings.gatewayMac, settings.gatewayMac);
  object.setVariable(spec.settings.tunnelUse, settings.tunnels.tunnelUse);
  object.setVariable(spec.settings.tunnelChecksum, settings.tunnels.tunnelChecksum);
  object.setVariable(spec.settings.tunnelCluster, settings.tunnels.tunnelCluster);
  return await loadPinned(object, spec.maps, pins, settings);
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
 * Unpins the maps that are of another layout and whose content may be lost, each with its companions. The object cannot be
 * loaded afterwards: it has taken those that fit.
 */
function clearPins(
  object: OpenedObject,
  maps: readonly string[],
  pins: Pins,
  logger: Logger,
): void {
  const cleared = new Set<string>();
  for (const map of maps) {
    const path = pins.map(map);
    try {
      object.pinMap(map, path);
      continue;
    } catch (error) {
      if (!(error instanceof BpfError) || error.code !== "incompatible-pin") throw error;
      if (!isExpendable(map)) throw incompatible(map, path, pins, error);
      logger.warn("replacing a pinned map of another layout", { map, path, reason: error.reason });
    }
    for (const companion of companionsOf(map)) cleared.add(companion);
  }
  for (const map of [...cleared, ...withoutCompanions(maps, pins)]) {
    if (existsSync(pins.map(map))) unpin(pins.map(map));
  }
}

/** Maps that are pinned while a companion is not. */
function withoutCompanions(maps: readonly string[], pins: Pins): readonly string[] {
  return maps.filter((map) => companionsOf(map).some((other) => !existsSync(pins.map(other))));
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
