import type { Ipv6Address, MacAddress } from "@heddle/contracts";
import type { BuildContext, Draft, ParseContext } from "../layer.ts";
import type { Packet } from "../packet.ts";
import { invalidField } from "../packet-error.ts";
import { concatBytes, noBytes, zeroPadding } from "../wire/bytes.ts";
import { flag, ipv6Field, macField, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { zeroMac } from "./ethernet.ts";
import { unspecifiedIpv6 } from "./ipv6.ts";
import { type NdpRouterOption, readRouterOption, writeRouterOption } from "./ndp-router-options.ts";

/** The Ethernet address of the sender or of the target (RFC 4861 section 4.6.1). */
export interface NdpLinkLayerAddress {
  readonly type: "source-link-layer-address" | "target-link-layer-address";
  /** Default `00:00:00:00:00:00`. */
  readonly address: MacAddress;
}

/** A prefix of the link (RFC 4861 section 4.6.2). */
export interface NdpPrefixInformation {
  readonly type: "prefix-information";
  /** Default 64. */
  readonly prefixLength: number;
  /** Default false. */
  readonly onLink: boolean;
  /** For address autoconfiguration. Default false. */
  readonly autonomous: boolean;
  /** 6 bits. Default 0. */
  readonly reserved: number;
  /** Seconds; 0xffffffff is forever. Default 0. */
  readonly validLifetime: number;
  /** Seconds; 0xffffffff is forever. Default 0. */
  readonly preferredLifetime: number;
  /** 32 bits. Default 0. */
  readonly reservedEnd: number;
  /** As it travels, with the bits after the prefix, which receivers ignore. Default `::`. */
  readonly prefix: Ipv6Address;
}

/** The packet that a redirect is about (RFC 4861 section 4.6.3). */
export interface NdpRedirectedHeader {
  readonly type: "redirected-header";
  /** 48 bits. Default 0. */
  readonly reserved: number;
  /** The beginning of the packet and the option's padding. Default nothing. */
  readonly quoted: Packet;
}

/** The link's MTU (RFC 4861 section 4.6.4). */
export interface NdpMtu {
  readonly type: "mtu";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Bytes. Default 1500. */
  readonly mtu: number;
}

/** Random bytes that tie an answer to what was asked (RFC 3971 section 5.3.2, RFC 7527 section 4.1). */
export interface NdpNonce {
  readonly type: "nonce";
  /** With the two bytes before it a multiple of 8. Default 6 zeros. */
  readonly nonce: Uint8Array;
}

/** Any other option, or one of a length that its type does not have, by its number. */
export interface NdpUnknownOption {
  readonly type: number;
  /** What follows type and length; with these two bytes a multiple of 8. */
  readonly data: Uint8Array;
}

/** One option of a neighbor discovery message (RFC 4861 section 4.6). */
export type NdpOption =
  | NdpLinkLayerAddress
  | NdpPrefixInformation
  | NdpRedirectedHeader
  | NdpMtu
  | NdpNonce
  | NdpRouterOption
  | NdpUnknownOption;

/** IANA IPv6 neighbor discovery option formats. */
const types = { source: 1, target: 2, prefix: 3, redirected: 4, mtu: 5, nonce: 14 } as const;

const where = "icmpv6.options";
/** Options are counted in units of eight bytes. */
const unit = 8;

const head = layout<{ type: number; units: number }>(where, { type: uint(8), units: uint(8) });
const linkLayer = layout<Omit<NdpLinkLayerAddress, "type">>(where, { address: macField });
const prefixInformation = layout<Omit<NdpPrefixInformation, "type">>(where, {
  prefixLength: uint(8),
  onLink: flag,
  autonomous: flag,
  reserved: uint(6),
  validLifetime: uint(32),
  preferredLifetime: uint(32),
  reservedEnd: uint(32),
  prefix: ipv6Field,
});
const redirected = layout<Omit<NdpRedirectedHeader, "type" | "quoted">>(where, {
  reserved: uint(48),
});
const mtu = layout<Omit<NdpMtu, "type">>(where, { reserved: uint(16), mtu: uint(32) });

/** The size of the option at the beginning of `rest`; 0 when it has none, which makes the whole message invalid. */
export function sizeOfNdpOption(rest: Uint8Array): number {
  return (rest[1] ?? 0) * unit;
}

/** Reads one whole option. */
export function readNdpOption(bytes: Uint8Array, context: ParseContext): NdpOption {
  const type = bytes[0] ?? 0;
  const data = bytes.subarray(head.size);
  switch (type) {
    case types.source:
    case types.target:
      if (data.length !== linkLayer.size) break;
      return {
        type: type === types.source ? "source-link-layer-address" : "target-link-layer-address",
        ...linkLayer.read(data),
      };
    case types.prefix:
      if (data.length !== prefixInformation.size) break;
      return { type: "prefix-information", ...prefixInformation.read(data) };
    case types.redirected: {
      const quoted = context.parseQuoted(data.subarray(redirected.size));
      return { type: "redirected-header", ...redirected.read(data), quoted };
    }
    case types.mtu:
      if (data.length !== mtu.size) break;
      return { type: "mtu", ...mtu.read(data) };
    case types.nonce:
      return { type: "nonce", nonce: data };
    default:
  }
  return readRouterOption(type, data) ?? { type, data };
}

/** Writes one option. */
export function writeNdpOption(option: Draft<NdpOption>, context: BuildContext): Uint8Array {
  switch (option.type) {
    case "source-link-layer-address":
      return withHead(types.source, linkLayer.write({ address: zeroMac, ...option }));
    case "target-link-layer-address":
      return withHead(types.target, linkLayer.write({ address: zeroMac, ...option }));
    case "prefix-information":
      return withHead(types.prefix, prefixInformation.write({ ...blankPrefix, ...option }));
    case "redirected-header":
      return withHead(types.redirected, writeRedirected(option, context));
    case "mtu":
      return withHead(types.mtu, mtu.write({ reserved: 0, mtu: 1500, ...option }));
    case "nonce":
      return withHead(types.nonce, option.nonce ?? new Uint8Array(unit - head.size));
    case "advertisement-interval":
    case "home-agent-information":
    case "route-information":
    case "recursive-dns-servers":
    case "dns-search-list":
    case "pref64":
      return withHead(...writeRouterOption(option));
    default:
      return withHead(option.type, option.data ?? noBytes);
  }
}

const blankPrefix: Omit<NdpPrefixInformation, "type"> = {
  prefixLength: 64,
  onLink: false,
  autonomous: false,
  reserved: 0,
  validLifetime: 0,
  preferredLifetime: 0,
  reservedEnd: 0,
  prefix: unspecifiedIpv6,
};

function writeRedirected(option: Draft<NdpRedirectedHeader>, context: BuildContext): Uint8Array {
  const quoted = option.quoted === undefined ? noBytes : context.buildQuoted(option.quoted);
  return concatBytes(
    redirected.write({ reserved: 0, ...option }),
    quoted,
    zeroPadding(quoted.length, unit),
  );
}

function withHead(type: number, data: Uint8Array): Uint8Array {
  const length = head.size + data.length;
  if (length % unit !== 0) {
    throw invalidField(
      where,
      `an option of ${String(length)} bytes is not a multiple of ${String(unit)}`,
      "pad its data",
    );
  }
  return concatBytes(head.write({ type, units: length / unit }), data);
}
