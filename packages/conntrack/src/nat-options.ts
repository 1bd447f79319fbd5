import {
  familyName,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpPrefix,
  parsePrefix,
  prefixContains,
  prefixFamily,
  prefixLength,
} from "@heddle/contracts";
import { invalidOption } from "./conntrack-error.ts";
import type { PortRange } from "./port-search.ts";

/** Which connections leave with another source, and with which. */
export interface SourceNatOptions {
  /** The addresses that connections leave with: the node's, at most one of each family. */
  readonly addresses: readonly IpAddress[];
  /**
   * Devices by which connections leave with other addresses than `addresses`: those that the node has there, at most one of each
   * family. In the kernel; the model knows of no devices.
   *
   * @defaultValue `[]`
   */
  readonly devices?: readonly SourceNatDevice[];
  /** Whose connections are translated: the pods'. */
  readonly sources: readonly IpPrefix[];
  /**
   * Destinations to which connections keep their source, such as the cluster itself.
   *
   * @defaultValue `[]`
   */
  readonly exclude?: readonly IpPrefix[];
  /**
   * The ports that connections leave with, and the identifiers of echo requests. A connection keeps its own when that
   * is one of them, and free.
   *
   * @defaultValue 32768 to 65535, above the ports that Kubernetes gives to services
   */
  readonly ports?: PortRange;
  /**
   * Ports that are tried for one connection, 1 to 1024, after its own.
   *
   * @defaultValue 32
   */
  readonly probes?: number;
  /**
   * Starts the hash that says which ports are tried, 32 bits. Equal seeds choose equal ports.
   *
   * @defaultValue 0
   */
  readonly seed?: number;
  /**
   * The share of the ports to one destination that is in use when there is a warning, above 0 to 1.
   *
   * @defaultValue 0.7: with 32 probes, hardly any connection is refused before
   */
  readonly warnAt?: number;
  /**
   * Whether ports that sockets of the node have are left to them: also of those that have not sent anything yet. It takes a
   * look for each port that is tried. In the kernel; the model knows of no sockets.
   *
   * @defaultValue `false`
   */
  readonly sockets?: boolean;
}

/** A device by which connections leave with addresses of its own. */
export interface SourceNatDevice {
  readonly ifindex: InterfaceIndex;
  /** At most one of each family; of a family that is missing, nothing is translated that leaves by it. */
  readonly addresses: readonly IpAddress[];
}

/** {@link SourceNatOptions} with their defaults. */
export type SourceNatSettings = Required<SourceNatOptions>;

/** The options with their defaults. @throws {ConntrackError} `invalid-option` */
export function resolveSourceNat(options: SourceNatOptions): SourceNatSettings {
  const { exclude = [], ports = { first: 32_768, last: 65_535 }, probes = 32 } = options;
  const { devices = [], seed = 0, warnAt = 0.7, sockets = false } = options;
  const settings = { ...options, devices, exclude, ports, probes, seed, warnAt, sockets };
  checkNumbers(settings);
  checkAddresses("sourceNat.addresses", settings.addresses);
  for (const { addresses } of devices) checkAddresses("sourceNat.devices", addresses);
  checkPrefixes(settings);
  return settings;
}

/** How many ports to one destination are in use when there is a warning. */
export function warningThreshold({ ports, warnAt }: SourceNatSettings): number {
  return Math.max(1, Math.ceil((ports.last - ports.first + 1) * warnAt));
}

function checkNumbers({ ports, probes, seed, warnAt }: SourceNatSettings): void {
  const { first, last } = ports;
  if (!isWhole(first, 1, 65_535) || !isWhole(last, first, 65_535)) {
    const reason = `${String(first)} to ${String(last)} is not a range within 1 to 65535`;
    throw invalidOption("sourceNat.ports", reason);
  }
  if (!isWhole(probes, 1, 1024)) {
    const reason = `${String(probes)} is not a whole number from 1 to 1024`;
    throw invalidOption("sourceNat.probes", reason);
  }
  if (!isWhole(seed, 0, 0xffff_ffff)) {
    const reason = `${String(seed)} is not a whole number from 0 to 4294967295`;
    throw invalidOption("sourceNat.seed", reason);
  }
  if (!(warnAt > 0 && warnAt <= 1)) {
    throw invalidOption("sourceNat.warnAt", `${String(warnAt)} is not above 0 and up to 1`);
  }
}

function checkAddresses(option: string, addresses: readonly IpAddress[]): void {
  const families = addresses.map(ipFamily);
  for (const [index, family] of families.entries()) {
    if (families.indexOf(family) === index) continue;
    const reason = `${addresses.join(", ")} has two addresses of ${familyName(family)}`;
    throw invalidOption(option, reason);
  }
  for (const address of addresses) {
    if (!isNobodys(address)) continue;
    const reason = `${address} is no address that anybody can answer to`;
    throw invalidOption(option, reason);
  }
}

function checkPrefixes({ addresses, devices, sources, exclude }: SourceNatSettings): void {
  const all = [...addresses, ...devices.flatMap((device) => device.addresses)];
  const families = new Set(all.map(ipFamily));
  for (const prefix of sources) {
    const family = prefixFamily(prefix);
    if (!families.has(family)) {
      const reason = `${prefix} has no ${familyName(family)} address to leave with`;
      throw invalidOption("sourceNat.sources", reason, "add one to sourceNat.addresses");
    }
    const whole = exclude.find((one) => prefixFamily(one) === family && prefixLength(one) === 0);
    if (whole === undefined) continue;
    const reason = `${whole} leaves no destination for connections of ${prefix}`;
    throw invalidOption("sourceNat.exclude", reason, `leave out one of them`);
  }
}

/** Unspecified, loopback and multicast addresses, and the broadcast address. */
const nobodys: readonly IpPrefix[] = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "224.0.0.0/4",
  "255.255.255.255/32",
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
].map(parsePrefix);

function isNobodys(address: IpAddress): boolean {
  return nobodys.some((prefix) => prefixContains(prefix, address));
}

function isWhole(value: number, first: number, last: number): boolean {
  return Number.isInteger(value) && value >= first && value <= last;
}
