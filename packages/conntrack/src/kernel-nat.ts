import {
  type IpAddress,
  type IpFamily,
  ipFamily,
  type IpPrefix,
  parseIpv6,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "@heddle/contracts";
import { ipProtocols } from "@heddle/packet";
import { createPrefixIndex, createTable } from "@heddle/tables";
import { type NatDestination, type NatPrefix, NatRole, type NatSettings } from "./generated/bpf.ts";
import { mappedBits } from "./kernel-filter.ts";
import type { SourceNatMaps } from "./kernel-maps.ts";
import { type SourceNatDevice, type SourceNatSettings, warningThreshold } from "./nat-options.ts";
import type { PortUsage } from "./port-ledger.ts";

/**
 * Has the programs translate as the settings say from now on, or not at all. Connections that are there stay as they are.
 *
 * @throws {BpfError} `map-full` when there are more prefixes than the map has room for
 */
export async function writeSourceNat(
  maps: SourceNatMaps,
  settings: SourceNatSettings | undefined,
): Promise<void> {
  const wanted = new Map<string, readonly [NatPrefix, number]>();
  for (const [prefix, roles] of rolesOf(settings)) {
    const key = prefixKey(prefix);
    wanted.set(keyText(key), [key, roles]);
  }
  const present = await Array.fromAsync(maps.prefixes.entries(), ([key]) => key);
  // What keeps its source comes first, and what loses it last.
  for (const [key, roles] of wanted.values()) maps.prefixes.set(key, roles);
  for (const key of present) if (!wanted.has(keyText(key))) maps.prefixes.delete(key);
  await writeDevices(maps.devices, settings?.devices ?? []);
  maps.settings.set(0, kernelSettings(settings));
}

async function writeDevices(
  map: SourceNatMaps["devices"],
  devices: readonly SourceNatDevice[],
): Promise<void> {
  const present = await Array.fromAsync(map.entries(), ([ifindex]) => ifindex);
  for (const { ifindex, addresses } of devices) map.set(ifindex, { address: pairOf(addresses) });
  for (const ifindex of present) {
    if (!devices.some((device) => device.ifindex === ifindex)) map.delete(ifindex);
  }
}

/** A use of ports as a map or a warning has it. */
export function portUsageOf(
  destination: NatDestination,
  { used, capacity }: { readonly used: bigint; readonly capacity: bigint | number },
): PortUsage {
  return {
    protocol: ipProtocols.nameOf(destination.protocol),
    address: destination.address,
    destination: destination.destination,
    destinationPort: destination.destinationPort,
    used: Number(used),
    capacity: Number(capacity),
  };
}

/** What is said of each prefix, by it and by those that it lies in: the kernel finds the longest one only. */
export function rolesOf(
  settings: Pick<SourceNatSettings, "sources" | "exclude"> | undefined,
): ReadonlyMap<IpPrefix, number> {
  const { sources = [], exclude = [] } = settings ?? {};
  const said: readonly (readonly [IpPrefix, number])[] = [
    ...sources.map((prefix) => [prefix, NatRole.source] as const),
    ...exclude.map((prefix) => [prefix, NatRole.excluded] as const),
  ];
  const roles = createTable<IpPrefix, number>({ name: "roles" });
  for (const [prefix, role] of said) roles.upsert(prefix, (roles.get(prefix) ?? 0) | role);
  using index = createPrefixIndex(roles);
  return new Map(
    roles.entries().map(([prefix]) => {
      const covering = index.covering(prefix);
      return [prefix, covering.reduce((all, [, role]) => all | role, 0)] as const;
    }),
  );
}

function prefixKey(prefix: IpPrefix): NatPrefix {
  const bits = prefixLength(prefix) + (prefixFamily(prefix) === 4 ? mappedBits : 0);
  return { bits, address: prefixAddress(prefix) };
}

function keyText({ address, bits }: NatPrefix): string {
  return `${address}/${String(bits)}`;
}

const nobody = parseIpv6("::");

function kernelSettings(settings: SourceNatSettings | undefined): NatSettings {
  if (settings === undefined) {
    const off = { firstPort: 1, lastPort: 1, probes: 0, seed: 0, warnAt: 1 };
    return { address: pairOf([]), ...off, enabled: 0, sockets: 0 };
  }
  const { addresses, ports, probes, seed } = settings;
  return {
    address: pairOf(addresses),
    firstPort: ports.first,
    lastPort: ports.last,
    probes,
    seed,
    warnAt: warningThreshold(settings),
    enabled: 1,
    sockets: settings.sockets ? 1 : 0,
  };
}

/** The addresses of both families, as the programs have them. */
function pairOf(addresses: readonly IpAddress[]): readonly IpAddress[] {
  const addressOf = (family: IpFamily): IpAddress =>
    addresses.find((address) => ipFamily(address) === family) ?? nobody;
  return [addressOf(4), addressOf(6)];
}
