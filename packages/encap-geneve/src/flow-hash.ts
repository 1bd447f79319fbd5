import { ipToBytes, macToBytes, type Port, port } from "@heddle/contracts";
import { concatBytes, findLayer, ipProtocols, type Packet } from "@heddle/packet";
import { GeneveError } from "./geneve-error.ts";

/** Ports from `first` to `last`. */
export interface PortRange {
  readonly first: Port;
  readonly last: Port;
}

/** The dynamic ports (RFC 6335 section 6), which no service listens on. */
export const dynamicPorts: PortRange = { first: port(49_152), last: port(65_535) };

/**
 * The outer UDP source port of a flow (RFC 8926 section 3.3): one port per flow, so that its packets stay in order,
 * and all ports alike, so that the network in between spreads flows over its paths.
 *
 * @param hash - 32 bits, of which the high ones count most
 * @throws {GeneveError} `invalid-option` when the range is turned around
 */
export function tunnelSourcePort(hash: number, range: PortRange = dynamicPorts): Port {
  const size = range.last - range.first + 1;
  if (size < 1) {
    throw new GeneveError({
      code: "invalid-option",
      operation: "choose source port from",
      subject: `${String(range.first)}-${String(range.last)}`,
      reason: "the first port is above the last one",
    });
  }
  return port(range.first + Math.floor(((hash >>> 0) / 2 ** 32) * size));
}

/**
 * A number of 32 bits that all packets of a flow have in common: of addresses, protocol and ports of the outermost
 * IP header. All fragments of a packet have that of its addresses, since only the first has ports. What is not IP is
 * a flow by its Ethernet addresses.
 */
export function flowHash(packet: Packet): number {
  return mix(flowBytes(packet));
}

function flowBytes(packet: Packet): Uint8Array {
  const ip = packet.layers.find(({ kind }) => kind === "ipv4" || kind === "ipv6");
  if (ip?.kind !== "ipv4" && ip?.kind !== "ipv6") {
    const frame = findLayer(packet, "ethernet");
    return frame === undefined
      ? new Uint8Array()
      : concatBytes(macToBytes(frame.source), macToBytes(frame.destination));
  }
  const addresses = concatBytes(ipToBytes(ip.source), ipToBytes(ip.destination));
  return isFragment(packet) ? addresses : concatBytes(addresses, transportBytes(packet));
}

/** Only the outermost packet counts: a tunnel in it is one flow. */
function transportBytes(packet: Packet): Uint8Array {
  const after = packet.layers.findIndex(({ kind }) => kind === "ipv4" || kind === "ipv6") + 1;
  for (const layer of packet.layers.slice(after)) {
    if (layer.kind === "ipv4" || layer.kind === "ipv6") break;
    if (layer.kind !== "tcp" && layer.kind !== "udp" && layer.kind !== "sctp") continue;
    const { sourcePort, destinationPort } = layer;
    const ports = [sourcePort >>> 8, sourcePort, destinationPort >>> 8, destinationPort];
    return Uint8Array.of(ipProtocols.numberOf(layer.kind), ...ports);
  }
  return new Uint8Array();
}

function isFragment(packet: Packet): boolean {
  const header = findLayer(packet, "ipv4") ?? findLayer(packet, "ipv6-fragment");
  return header !== undefined && (header.moreFragments || header.fragmentOffset > 0);
}

/** FNV-1a, and the last rounds of MurmurHash3, since the high bits choose the port. */
function mix(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
