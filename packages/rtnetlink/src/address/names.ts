import { enumeration, type Enumeration, flagSet, type FlagSet } from "../netlink/enumeration.ts";

/** `IFA_F_*` of linux/if_addr.h by the names that `ip address` has for them. An unnamed bit is its value. */
export type AddressFlag = AddressFlagName | number;
export type AddressFlagName =
  | "secondary"
  | "nodad"
  | "optimistic"
  | "dadfailed"
  | "homeaddress"
  | "deprecated"
  | "tentative"
  | "permanent"
  | "managetempaddr"
  | "noprefixroute"
  | "mcautojoin"
  | "stable-privacy";

export const addressFlags: FlagSet<AddressFlagName> = flagSet("address flag", {
  secondary: 0x1,
  nodad: 0x2,
  optimistic: 0x4,
  dadfailed: 0x8,
  homeaddress: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  managetempaddr: 0x100,
  noprefixroute: 0x200,
  mcautojoin: 0x400,
  "stable-privacy": 0x800,
});

/** Who made an address, `IFAPROT_*` of linux/if_addr.h. */
export type AddressProtocol = AddressProtocolName | number;
export type AddressProtocolName = "unspec" | "kernel-loopback" | "kernel-ra" | "kernel-link-local";

export const addressProtocols: Enumeration<AddressProtocolName> = enumeration("address protocol", {
  unspec: 0,
  "kernel-loopback": 1,
  "kernel-ra": 2,
  "kernel-link-local": 3,
});
