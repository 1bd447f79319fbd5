import type { IpAddress } from "@heddle/contracts";
import type { HookName, Outcome, PacketReport, ReasonName } from "@heddle/datapath";
import { describePacket, findLayer, type Packet, parsePacket } from "@heddle/packet";

/** Who has an address. */
type NameOf = (address: IpAddress) => string | undefined;

/** One end of a packet's way. */
export interface FlowEnd {
  readonly address: IpAddress;
  /** The port of TCP, UDP or SCTP. */
  readonly port: number | undefined;
  /** `NAMESPACE/POD`, `node/NAME`, or undefined for anybody else. */
  readonly name: string | undefined;
}

/** What became of a packet, for people: the report of a program with names in it. */
export interface FlowRecord {
  /** RFC 3339, in milliseconds. */
  readonly time: string;
  readonly node: string;
  readonly outcome: Outcome;
  readonly reason: ReasonName | undefined;
  readonly hook: HookName | undefined;
  /** The device that the packet was seen at, by name where it is known. */
  readonly device: string;
  /** The pod that the device leads to, whatever addresses the packet has; undefined for the node's own. */
  readonly pod: string | undefined;
  /** Undefined where the packet has no IP header. */
  readonly source: FlowEnd | undefined;
  readonly destination: FlowEnd | undefined;
  /** One line about the packet itself. */
  readonly summary: string;
  /** Bytes, Ethernet header included. */
  readonly length: number;
}

/** What a record is completed with. */
export interface FlowContext {
  readonly node: string;
  readonly nameOf: NameOf;
  readonly deviceName: (ifindex: number) => string | undefined;
  readonly podAt: (ifindex: number) => string | undefined;
}

/** The record of a report. */
export function flowRecord(report: PacketReport, context: FlowContext): FlowRecord {
  const packet = parsePacket(report.packet, {
    linkType: "ethernet",
    originalLength: report.length,
  });
  const ends = endsOf(packet, context.nameOf);
  return {
    time: new Date(report.time).toISOString(),
    node: context.node,
    outcome: report.outcome,
    reason: report.reason,
    hook: report.hook,
    device: context.deviceName(report.ifindex) ?? String(report.ifindex),
    pod: context.podAt(report.ifindex),
    source: ends?.source,
    destination: ends?.destination,
    summary: describePacket(packet),
    length: report.length,
  };
}

function endsOf(
  packet: Packet,
  nameOf: NameOf,
): { readonly source: FlowEnd; readonly destination: FlowEnd } | undefined {
  const ip = findLayer(packet, "ipv4") ?? findLayer(packet, "ipv6");
  if (ip === undefined) return undefined;
  const transport =
    findLayer(packet, "tcp") ??
    findLayer(packet, "udp") ??
    findLayer(packet, "sctp") ??
    findLayer(packet, "ports");
  const end = (address: IpAddress, port: number | undefined): FlowEnd => ({
    address,
    port,
    name: nameOf(address),
  });
  return {
    source: end(ip.source, transport?.sourcePort),
    destination: end(ip.destination, transport?.destinationPort),
  };
}
