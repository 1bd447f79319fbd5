import { enumeration, type Enumeration, flagSet, type FlagSet } from "../netlink/enumeration.ts";

/** What a device's frames are, `ARPHRD_*` of linux/if_arp.h. */
export type LinkType = LinkTypeName | number;
export type LinkTypeName =
  | "netrom"
  | "ether"
  | "infiniband"
  | "ppp"
  | "tunnel"
  | "tunnel6"
  | "loopback"
  | "sit"
  | "gre"
  | "gre6"
  | "none"
  | "void";

export const linkTypes: Enumeration<LinkTypeName> = enumeration("link type", {
  netrom: 0,
  ether: 1,
  infiniband: 32,
  ppp: 512,
  tunnel: 768,
  tunnel6: 769,
  loopback: 772,
  sit: 776,
  gre: 778,
  gre6: 823,
  none: 0xfffe,
  void: 0xffff,
});

/** `IFF_*` of linux/if.h. An unnamed bit is its value. */
export type LinkFlag = LinkFlagName | number;
export type LinkFlagName =
  | "up"
  | "broadcast"
  | "debug"
  | "loopback"
  | "pointopoint"
  | "notrailers"
  | "running"
  | "noarp"
  | "promisc"
  | "allmulti"
  | "master"
  | "slave"
  | "multicast"
  | "portsel"
  | "automedia"
  | "dynamic"
  | "lower-up"
  | "dormant"
  | "echo";

export const linkFlags: FlagSet<LinkFlagName> = flagSet("link flag", {
  up: 0x1,
  broadcast: 0x2,
  debug: 0x4,
  loopback: 0x8,
  pointopoint: 0x10,
  notrailers: 0x20,
  running: 0x40,
  noarp: 0x80,
  promisc: 0x100,
  allmulti: 0x200,
  master: 0x400,
  slave: 0x800,
  multicast: 0x1000,
  portsel: 0x2000,
  automedia: 0x4000,
  dynamic: 0x8000,
  "lower-up": 0x1_0000,
  dormant: 0x2_0000,
  echo: 0x4_0000,
});

/** Whether packets pass, RFC 2863 section 3.1.14. A device without a notion of it, as loopback, is `unknown`. */
export type OperationalState = OperationalStateName | number;
export type OperationalStateName =
  | "unknown"
  | "not-present"
  | "down"
  | "lower-layer-down"
  | "testing"
  | "dormant"
  | "up";

export const operationalStates: Enumeration<OperationalStateName> = enumeration(
  "operational state",
  {
    unknown: 0,
    "not-present": 1,
    down: 2,
    "lower-layer-down": 3,
    testing: 4,
    dormant: 5,
    up: 6,
  },
);

/**
 * How a device gets its IPv6 link-local address, `IN6_ADDR_GEN_MODE_*` of linux/if_link.h. The kernel takes
 * `stable-privacy` only once `net/ipv6/conf/DEVICE/stable_secret` is set.
 */
export type AddressGeneration = AddressGenerationName | number;
export type AddressGenerationName = "eui64" | "none" | "stable-privacy" | "random";

export const addressGenerations: Enumeration<AddressGenerationName> = enumeration(
  "address generation mode",
  { eui64: 0, none: 1, "stable-privacy": 2, random: 3 },
);
