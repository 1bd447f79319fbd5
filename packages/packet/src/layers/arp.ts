import type { Ipv4Address, MacAddress } from "@heddle/contracts";
import type { Draft, LayerCodec, LayerFields } from "../layer.ts";
import { type EtherType, etherTypes } from "../numbers.ts";
import { ipv4Field, macField, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { zeroMac } from "./ethernet.ts";
import { unspecifiedIpv4 } from "./ipv4.ts";

/** Names of ARP operations. */
export type ArpOperation = "request" | "reply";

/** Address resolution of IPv4 over Ethernet (RFC 826), 28 bytes. For other address sizes parsing ends here. */
export interface Arp {
  readonly kind: "arp";
  /** 1 for Ethernet, the default. */
  readonly hardwareType: number;
  /** Default `ipv4`. */
  readonly protocolType: EtherType;
  /** Default `request`. */
  readonly operation: ArpOperation | number;
  /** Default `00:00:00:00:00:00`. */
  readonly senderMac: MacAddress;
  /** Default `0.0.0.0`, which makes a request a probe (RFC 5227). */
  readonly senderIp: Ipv4Address;
  /** Default `00:00:00:00:00:00`. */
  readonly targetMac: MacAddress;
  /** Default `0.0.0.0`. */
  readonly targetIp: Ipv4Address;
}

/** An ARP message to build or to expect. */
export function arp(fields: LayerFields<Arp> = {}): Draft<Arp> {
  return { ...fields, kind: "arp" };
}

interface Header extends Omit<Arp, "kind"> {
  readonly hardwareLength: number;
  readonly protocolLength: number;
}

const header = layout<Header>("arp", {
  hardwareType: uint(16),
  protocolType: named(16, etherTypes),
  hardwareLength: uint(8),
  protocolLength: uint(8),
  operation: named(16, nameTable({ request: 1, reply: 2 })),
  senderMac: macField,
  senderIp: ipv4Field,
  targetMac: macField,
  targetIp: ipv4Field,
});

const lengths = { hardwareLength: 6, protocolLength: 4 } as const;

export const arpCodec: LayerCodec<Arp> = {
  kind: "arp",
  follows: [{ space: "ether-type", value: etherTypes.numberOf("arp") }],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const { hardwareLength, protocolLength, ...fields } = header.read(bytes);
    if (hardwareLength !== lengths.hardwareLength || protocolLength !== lengths.protocolLength) {
      return {
        outcome: "malformed",
        reason: `addresses of ${String(hardwareLength)} and ${String(protocolLength)} bytes are not those of Ethernet and IPv4`,
      };
    }
    // A short frame is padded, and nothing in an ARP message says where it ends: it always has 28 bytes.
    return {
      outcome: "parsed",
      layer: { kind: "arp", ...fields },
      length: header.size,
      bodyLength: 0,
    };
  },
  build: (layer) =>
    header.write({
      hardwareType: 1,
      protocolType: "ipv4",
      operation: "request",
      senderMac: zeroMac,
      senderIp: unspecifiedIpv4,
      targetMac: zeroMac,
      targetIp: unspecifiedIpv4,
      ...layer,
      ...lengths,
    }),
};
