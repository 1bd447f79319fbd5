import type { IpAddress } from "@heddle/contracts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { type Body, type BodyCodec, bodyCodec } from "../netlink/message.ts";
import { ipAddress, named, text, u32, u8 } from "../netlink/payload.ts";
import { struct, type Struct } from "../netlink/struct.ts";
import { type AddressProtocol, addressProtocols } from "./names.ts";

/** `struct ifaddrmsg` of linux/if_addr.h. */
export interface AddressHeader {
  readonly family: number;
  readonly prefixLength: number;
  /** The low eight bits of the flags. */
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
}

/** `struct ifa_cacheinfo`; lifetimes in seconds, stamps in hundredths of a second since boot. */
interface AddressCacheInfo {
  readonly preferred: number;
  readonly valid: number;
  readonly created: number;
  readonly updated: number;
}

/** `IFA_*`. */
export interface AddressAttributes extends UnknownAttributes {
  /** The peer's address on a point-to-point link, else the same as `local`; IPv6 without a peer has only this. */
  readonly address?: IpAddress;
  readonly local?: IpAddress;
  readonly label?: string;
  readonly broadcast?: IpAddress;
  readonly anycast?: IpAddress;
  readonly cacheInfo?: AddressCacheInfo;
  readonly multicast?: IpAddress;
  readonly flags?: number;
  readonly routePriority?: number;
  /** Since Linux 5.18. */
  readonly protocol?: AddressProtocol;
}

const cacheInfo: Struct<AddressCacheInfo> = struct({
  preferred: u32,
  valid: u32,
  created: u32,
  updated: u32,
});

const addressAttributes: AttributesCodec<AddressAttributes> = attributes({
  address: [1, ipAddress],
  local: [2, ipAddress],
  label: [3, text],
  broadcast: [4, ipAddress],
  anycast: [5, ipAddress],
  cacheInfo: [6, cacheInfo],
  multicast: [7, ipAddress],
  flags: [8, u32],
  routePriority: [9, u32],
  protocol: [11, named(u8, addressProtocols)],
});

const addressHeader: Struct<AddressHeader> = struct({
  family: u8,
  prefixLength: u8,
  flags: u8,
  scope: u8,
  index: u32,
});

export type AddressBody = Body<AddressHeader, AddressAttributes>;

export const addressCodec: BodyCodec<AddressHeader, AddressAttributes> = bodyCodec(
  addressHeader,
  addressAttributes,
);
