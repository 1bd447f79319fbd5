import {
  type IpAddress,
  type Ipv4Address,
  type Ipv6Address,
  isIpv4Address,
  type MacAddress,
  parseIpv6,
} from "@heddle/contracts";
import {
  type AnyLayer,
  arp,
  authenticationHeader,
  buildPacket,
  esp,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  ipv6Routing,
  type PacketDraft,
  sctp,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";
import type { Random } from "./random.ts";

/**
 * Who may send to whom on a link; what stands there several times is picked more often. A packet has two addresses of one
 * family, and each list needs both families.
 */
export interface Traffic {
  readonly sourceMacs: readonly MacAddress[];
  readonly destinationMacs: readonly MacAddress[];
  readonly sources: readonly IpAddress[];
  readonly destinations: readonly IpAddress[];
}

/** A frame without a mistake, of any protocol that the programs know or pass on. */
export function validFrame(random: Random, traffic: Traffic): Uint8Array {
  const source = random.pick(traffic.sourceMacs);
  const head = ethernet({ source, destination: random.pick(traffic.destinationMacs) });
  if (random.chance(0.04)) return buildPacket({ layers: [head, request(random, traffic, source)] });
  const { layers, payload } = datagram(random, traffic);
  const trailer = random.chance(0.1) ? { trailer: random.bytes(random.below(20)) } : {};
  return buildPacket({ layers: [head, ...layers], payload: payload ?? noBytes, ...trailer });
}

const noBytes = new Uint8Array();

const isIpv6Address = (address: IpAddress): address is Ipv6Address => !isIpv4Address(address);

function request(random: Random, traffic: Traffic, senderMac: MacAddress): AnyLayer {
  const senderIp = random.pick(traffic.sources.filter(isIpv4Address));
  const targetIp = random.pick(traffic.destinations.filter(isIpv4Address));
  return arp({ operation: random.pick(["request", "reply"]), senderMac, senderIp, targetIp });
}

/** An IP packet; `depth` counts the packets around it. */
function datagram(random: Random, traffic: Traffic, depth = 0): PacketDraft {
  if (random.chance(0.5)) {
    const source = random.pick(traffic.sources.filter(isIpv4Address));
    const destination = random.pick(traffic.destinations.filter(isIpv4Address));
    return ipv4Datagram(random, traffic, { source, destination }, depth);
  }
  const source = random.pick(traffic.sources.filter(isIpv6Address));
  const destination = random.pick(traffic.destinations.filter(isIpv6Address));
  return ipv6Datagram(random, traffic, { source, destination }, depth);
}

interface Ends<A extends IpAddress> {
  readonly source: A;
  readonly destination: A;
}

function ipv4Datagram(
  random: Random,
  traffic: Traffic,
  ends: Ends<Ipv4Address>,
  depth: number,
): PacketDraft {
  const fields = { ...ends, ...tosAndTtl(random), dontFragment: random.chance(0.5) };
  if (random.chance(0.08)) return fragmentOfIpv4(random, fields);
  const options = random.chance(0.05)
    ? { options: [{ type: "router-alert" as const, data: new Uint8Array(2) }] }
    : {};
  const body = contents(random, traffic, ends, depth);
  const protocol = body.protocol === undefined ? {} : { protocol: body.protocol };
  const { ttl, ...others } = fields;
  return {
    layers: [ipv4({ ...others, ttl, ...options, ...protocol }), ...body.layers],
    payload: body.payload,
  };
}

function tosAndTtl(random: Random) {
  const ttl = random.chance(0.1) ? random.below(3) : 1 + random.below(255);
  return { dscp: random.below(64), ecn: random.below(4), ttl };
}

const fragmented = ["udp", "tcp", "icmp", 89] as const;

function fragmentOfIpv4(random: Random, fields: Ends<Ipv4Address>): PacketDraft {
  const moreFragments = random.chance(0.7);
  const fragmentOffset = moreFragments ? 8 * random.below(100) : 8 * (1 + random.below(100));
  const protocol = random.pick(fragmented);
  const identification = random.below(0x10000);
  const layers = [ipv4({ ...fields, moreFragments, fragmentOffset, identification, protocol })];
  return { layers, payload: random.bytes(8 * (1 + random.below(40))) };
}

function ipv6Datagram(
  random: Random,
  traffic: Traffic,
  ends: Ends<Ipv6Address>,
  depth: number,
): PacketDraft {
  const { ttl: hopLimit, ...tos } = tosAndTtl(random);
  const head = { ...ends, ...tos, flowLabel: random.below(1 << 20) };
  const control = random.chance(0.08) ? linkControl(random, ends) : undefined;
  if (control !== undefined) return { layers: [ipv6({ ...head, hopLimit: 255 }), control] };
  const chain = random.chance(0.25) ? extensions(random) : [];
  if (random.chance(0.08)) {
    const moreFragments = random.chance(0.7);
    const fragmentOffset = 8 * (random.below(100) + (moreFragments ? 0 : 1));
    const nextHeader = random.pick(["udp", "tcp", "icmpv6"] as const);
    const fragment = ipv6Fragment({ moreFragments, fragmentOffset, nextHeader });
    const layers = [ipv6({ ...head, hopLimit }), ...chain, fragment];
    return { layers, payload: random.bytes(8 * (1 + random.below(40))) };
  }
  const body = contents(random, traffic, ends, depth);
  // The last header before the contents says what they are, where no layer does.
  const last = body.protocol === undefined ? {} : { nextHeader: body.protocol };
  const outer = [ipv6({ ...head, hopLimit, ...(chain.length === 0 ? last : {}) }), ...chain];
  if (chain.length > 0 && body.protocol !== undefined)
    outer.push(ipv6DestinationOptions({ nextHeader: body.protocol }));
  return { layers: [...outer, ...body.layers], payload: body.payload };
}

function extensions(random: Random): readonly AnyLayer[] {
  const hopByHop = random.chance(0.2) ? [ipv6HopByHop()] : [];
  const count = random.chance(0.1) ? 6 + random.below(4) : 1 + random.below(3);
  return [...hopByHop, ...Array.from({ length: count }, () => extension(random))];
}

function extension(random: Random): AnyLayer {
  switch (random.below(4)) {
    case 0:
      return authenticationHeader({ integrityCheck: random.bytes(4 + 8 * random.below(3)) });
    case 1:
      return ipv6Routing({ routingType: 4, segmentsLeft: 0, data: random.bytes(4 + 16) });
    case 2:
      return ipv6Fragment();
    default:
      return ipv6DestinationOptions({
        options: [{ type: 0x1e, data: random.bytes(random.below(30)) }],
      });
  }
}

const gateway = parseIpv6("fe80::1");

/** What stays on a link: neighbour discovery and multicast listener discovery. */
function linkControl(random: Random, { destination }: Ends<Ipv6Address>): AnyLayer {
  const target = random.pick([gateway, destination]);
  switch (random.below(5)) {
    case 0:
      return icmpv6({ type: "router-solicitation" });
    case 1:
      return icmpv6({ type: "neighbor-advertisement", target, solicited: true });
    case 2:
      return icmpv6({ type: "multicast-listener-report-v2" });
    case 3:
      return icmpv6({ type: "redirect", target, destination });
    default:
      return icmpv6({ type: "neighbor-solicitation", target });
  }
}

interface Contents {
  readonly layers: readonly AnyLayer[];
  readonly payload: Uint8Array;
  /** Where no layer says it. */
  readonly protocol?: number;
}

/** GRE, OSPF, experiments: protocols that nobody here looks into. */
const strangers = [47, 89, 103, 253] as const;

function contents(
  random: Random,
  traffic: Traffic,
  ends: Ends<IpAddress>,
  depth: number,
): Contents {
  const payload = random.bytes(random.chance(0.1) ? random.below(1300) : random.below(48));
  const ports = { sourcePort: portOf(random), destinationPort: portOf(random) };
  const kind = random.below(20);
  if (kind < 8) return { layers: [segment(random, ports)], payload };
  if (kind < 12) return { layers: [udp(ports)], payload };
  if (kind < 13)
    return { layers: [sctp({ ...ports, chunks: [{ type: "cookie-ack" }] })], payload: noBytes };
  if (kind < 14) return { layers: [esp({ spi: random.below(1 << 30) })], payload };
  if (kind < 15) return { layers: [], payload, protocol: random.pick(strangers) };
  if (kind < 16 && depth === 0) {
    const inner = datagram(random, traffic, depth + 1);
    return { layers: inner.layers, payload: inner.payload ?? noBytes };
  }
  return icmpContents(random, traffic, ends, payload, depth);
}

function portOf(random: Random): number {
  return random.chance(0.5) ? random.pick([53, 80, 443, 4789, 6081]) : 1 + random.below(0xffff);
}

const flagChoices: readonly (readonly TcpFlag[])[] = [
  ["syn"],
  ["syn", "ack"],
  ["ack"],
  ["ack", "psh"],
  ["fin", "ack"],
  ["rst"],
  ["rst", "ack"],
];

function segment(random: Random, ports: { sourcePort: number; destinationPort: number }): AnyLayer {
  const options = random.chance(0.4)
    ? [{ type: "timestamps" as const, value: random.below(1 << 30), echoReply: 0 }]
    : [];
  const sequenceNumber = random.below(2 ** 32);
  return tcp({ ...ports, flags: random.pick(flagChoices), sequenceNumber, options });
}

function icmpContents(
  random: Random,
  traffic: Traffic,
  { source }: Ends<IpAddress>,
  data: Uint8Array,
  depth: number,
): Contents {
  const identifier = random.below(0x10000);
  const ofIpv4 = isIpv4Address(source);
  if (depth > 0 || random.chance(0.5)) {
    const type = random.pick(["echo-request", "echo-reply"] as const);
    const echo = ofIpv4 ? icmp({ type, identifier }) : icmpv6({ type, identifier });
    return { layers: [echo], payload: data };
  }
  // Of the other direction in truth; the programs look at what is quoted no closer than this.
  const quoted = datagram(random, traffic, depth + 1);
  const layers = [ofIpv4 ? icmpError(random, quoted) : icmpv6Error(random, quoted)];
  return { layers, payload: noBytes };
}

function icmpError(random: Random, quoted: PacketDraft): AnyLayer {
  switch (random.below(3)) {
    case 0:
      return icmp({ type: "time-exceeded", quoted });
    case 1:
      return icmp({
        type: "destination-unreachable",
        code: "fragmentation-needed",
        nextHopMtu: 1280,
        quoted,
      });
    default:
      return icmp({ type: "destination-unreachable", code: "port-unreachable", quoted });
  }
}

function icmpv6Error(random: Random, quoted: PacketDraft): AnyLayer {
  switch (random.below(3)) {
    case 0:
      return icmpv6({ type: "time-exceeded", quoted });
    case 1:
      return icmpv6({ type: "packet-too-big", mtu: 1280, quoted });
    default:
      return icmpv6({ type: "destination-unreachable", code: "port-unreachable", quoted });
  }
}
