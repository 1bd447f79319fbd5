import { type Ipv6Address, ipv6FromBytes, ipv6ToBytes } from "@heddle/contracts";
import type { Draft } from "../layer.ts";
import { invalidField } from "../packet-error.ts";
import { concatBytes, equalBytes, zeroPadding } from "../wire/bytes.ts";
import { counted, type Field, ipv6Field, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { readDomainNames, writeDomainNames } from "./domain-names.ts";
import { unspecifiedIpv6 } from "./ipv6.ts";

/** How often the router advertises itself (RFC 6275 section 7.3). */
export interface NdpAdvertisementInterval {
  readonly type: "advertisement-interval";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Milliseconds. Default 0. */
  readonly interval: number;
}

/** What a home agent of mobile nodes says of itself (RFC 6275 section 7.4). */
export interface NdpHomeAgentInformation {
  readonly type: "home-agent-information";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** 16 bits; higher is better. Default 0. */
  readonly preference: number;
  /** Seconds. Default 0. */
  readonly lifetime: number;
}

/** A more specific route by the router (RFC 4191 section 2.3). */
export interface NdpRouteInformation {
  readonly type: "route-information";
  /** Default 0. */
  readonly prefixLength: number;
  /** 3 bits. Default 0. */
  readonly reserved: number;
  /** 2 is reserved. Default `medium`. */
  readonly preference: "low" | "medium" | "high" | number;
  /** 3 bits. Default 0. */
  readonly reservedEnd: number;
  /** Seconds; 0xffffffff is forever. Default 0. */
  readonly lifetime: number;
  /** Bytes of the prefix that travel: 0, 8 or 16. Default those that the prefix length needs. */
  readonly prefixSize: number;
  /** As it travels, with the bits after the prefix, which receivers ignore. Default `::`. */
  readonly prefix: Ipv6Address;
}

/** Recursive name servers (RFC 8106 section 5.1). */
export interface NdpRecursiveDnsServers {
  readonly type: "recursive-dns-servers";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Seconds; 0xffffffff is forever. Default 0. */
  readonly lifetime: number;
  /** Default none. */
  readonly servers: readonly Ipv6Address[];
}

/** Suffixes for names that are looked up (RFC 8106 section 5.2). */
export interface NdpDnsSearchList {
  readonly type: "dns-search-list";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Seconds; 0xffffffff is forever. Default 0. */
  readonly lifetime: number;
  /** Without the dot at the end: `cluster.local`. Default none. */
  readonly domains: readonly string[];
}

/** The prefix by which IPv4 is reached through NAT64 (RFC 8781 section 4). */
export interface NdpPref64 {
  readonly type: "pref64";
  /** Seconds, a multiple of 8. Default 0. */
  readonly lifetime: number;
  /** 96, 64, 56, 48, 40 or 32. Default 96. */
  readonly prefixLength: number;
  /** Its last 32 bits are 0. Default `::`. */
  readonly prefix: Ipv6Address;
}

/** An option that only router advertisements have. */
export type NdpRouterOption =
  | NdpAdvertisementInterval
  | NdpHomeAgentInformation
  | NdpRouteInformation
  | NdpRecursiveDnsServers
  | NdpDnsSearchList
  | NdpPref64;

const types = { interval: 7, homeAgent: 8, route: 24, dns: 25, search: 31, pref64: 38 } as const;
const where = "icmpv6.options";
const unit = 8;

const interval = layout<Omit<NdpAdvertisementInterval, "type">>(where, {
  reserved: uint(16),
  interval: uint(32),
});
const homeAgent = layout<Omit<NdpHomeAgentInformation, "type">>(where, {
  reserved: uint(16),
  preference: uint(16),
  lifetime: uint(16),
});
const route = layout<Omit<NdpRouteInformation, "type" | "prefix" | "prefixSize">>(where, {
  prefixLength: uint(8),
  reserved: uint(3),
  preference: named(2, nameTable({ medium: 0, high: 1, low: 3 })),
  reservedEnd: uint(3),
  lifetime: uint(32),
});
const dns = layout<{ reserved: number; lifetime: number }>(where, {
  reserved: uint(16),
  lifetime: uint(32),
});
const server = layout<{ address: Ipv6Address }>(where, { address: ipv6Field });

/** The codes of the prefix lengths of PREF64 are their places here; the others make an option invalid. */
const pref64Lengths: readonly number[] = [96, 64, 56, 48, 40, 32];
const pref64Length: Field<number> = {
  bits: 3,
  read: (bytes, bit) => pref64Lengths[uint(3).read(bytes, bit)] ?? -1,
  write(bytes, bit, value, at) {
    const code = pref64Lengths.indexOf(value);
    if (code < 0) throw invalidField(at, `${String(value)} is none of ${pref64Lengths.join(", ")}`);
    uint(3).write(bytes, bit, code, at);
  },
};
const pref64 = layout<Omit<NdpPref64, "type" | "prefix">>(where, {
  lifetime: counted(13, 8),
  prefixLength: pref64Length,
});
/** Bytes of the prefix that travel: its last 32 bits stand for an IPv4 address. */
const pref64Size = 12;

/** Reads what follows type and length; undefined for a type that is not here, or of another length than it has. */
export function readRouterOption(type: number, data: Uint8Array): NdpRouterOption | undefined {
  switch (type) {
    case types.interval:
      if (data.length !== interval.size) return undefined;
      return { type: "advertisement-interval", ...interval.read(data) };
    case types.homeAgent:
      if (data.length !== homeAgent.size) return undefined;
      return { type: "home-agent-information", ...homeAgent.read(data) };
    case types.route:
      return readRoute(data);
    case types.dns:
      if ((data.length - dns.size) % server.size !== 0) return undefined;
      return { type: "recursive-dns-servers", ...dns.read(data), servers: readServers(data) };
    case types.search:
      return readSearchList(data);
    case types.pref64:
      return readPref64(data);
    default:
      return undefined;
  }
}

/** The option's number, and what follows type and length. */
export function writeRouterOption(option: Draft<NdpRouterOption>): readonly [number, Uint8Array] {
  switch (option.type) {
    case "advertisement-interval":
      return [types.interval, interval.write({ reserved: 0, interval: 0, ...option })];
    case "home-agent-information":
      return [
        types.homeAgent,
        homeAgent.write({ reserved: 0, preference: 0, lifetime: 0, ...option }),
      ];
    case "route-information":
      return [types.route, writeRoute(option)];
    case "recursive-dns-servers": {
      const servers = (option.servers ?? []).map((address) => server.write({ address }));
      return [
        types.dns,
        concatBytes(dns.write({ reserved: 0, lifetime: 0, ...option }), ...servers),
      ];
    }
    case "dns-search-list":
      return [types.search, writeSearchList(option)];
    case "pref64":
    default:
      return [types.pref64, writePref64(option)];
  }
}

function readRoute(data: Uint8Array): NdpRouteInformation | undefined {
  const travelled = data.subarray(route.size);
  if (travelled.length > 16) return undefined;
  const prefix = ipv6FromBytes(concatBytes(travelled, new Uint8Array(16 - travelled.length)), 0);
  return {
    type: "route-information",
    ...route.read(data),
    prefixSize: travelled.length,
    prefix,
  };
}

const blankRoute = {
  prefixLength: 0,
  reserved: 0,
  preference: "medium",
  reservedEnd: 0,
  lifetime: 0,
} as const;

function writeRoute(option: Draft<NdpRouteInformation>): Uint8Array {
  const { prefixLength = 0, prefix = unspecifiedIpv6 } = option;
  const { prefixSize = Math.ceil(prefixLength / 64) * unit } = option;
  const bytes = ipv6ToBytes(prefix);
  if (![0, 8, 16].includes(prefixSize) || bytes.subarray(prefixSize).some((byte) => byte !== 0)) {
    throw invalidField(
      `${where}.prefix`,
      `${prefix} does not travel in ${String(prefixSize)} bytes`,
    );
  }
  return concatBytes(route.write({ ...blankRoute, ...option }), bytes.subarray(0, prefixSize));
}

function readServers(data: Uint8Array): readonly Ipv6Address[] {
  const addresses = data.subarray(dns.size);
  return Array.from(
    { length: addresses.length / server.size },
    (_, index) => server.read(addresses.subarray(index * server.size)).address,
  );
}

/** Names that would not be written as they were read leave the option unknown. */
function readSearchList(data: Uint8Array): NdpDnsSearchList | undefined {
  const domains = readDomainNames(data.subarray(dns.size));
  if (domains === undefined) return undefined;
  const option = { type: "dns-search-list", ...dns.read(data), domains } as const;
  return equalBytes(writeSearchList(option), data) ? option : undefined;
}

function writeSearchList(option: Draft<NdpDnsSearchList>): Uint8Array {
  const names = writeDomainNames(option.domains ?? [], `${where}.domains`);
  const fixed = dns.write({ reserved: 0, lifetime: 0, ...option });
  return concatBytes(fixed, names, zeroPadding(names.length, unit));
}

function readPref64(data: Uint8Array): NdpPref64 | undefined {
  if (data.length !== pref64.size + pref64Size) return undefined;
  const fields = pref64.read(data);
  if (fields.prefixLength < 0) return undefined;
  const prefix = ipv6FromBytes(concatBytes(data.subarray(pref64.size), new Uint8Array(4)), 0);
  return { type: "pref64", ...fields, prefix };
}

function writePref64(option: Draft<NdpPref64>): Uint8Array {
  const { prefix = unspecifiedIpv6 } = option;
  const bytes = ipv6ToBytes(prefix);
  if (bytes.subarray(pref64Size).some((byte) => byte !== 0)) {
    throw invalidField(`${where}.prefix`, `the last 32 bits of ${prefix} are not 0`);
  }
  const fixed = pref64.write({ lifetime: 0, prefixLength: 96, ...option });
  return concatBytes(fixed, bytes.subarray(0, pref64Size));
}
