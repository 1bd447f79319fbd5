import { type Ipv6Address, parsePrefix, prefixContains } from "@heddle/contracts";
import { isLayer, type Layer, type LayerOfKind, type Packet } from "@heddle/packet";
import { sctpSignal, type Signal, tcpSignal } from "./signal.ts";
import { reverseTuple, type Tuple } from "./tuple.ts";

/** All that connection tracking looks at in a packet. */
export interface Observation {
  /** Of the packet; of an ICMP error, that of the packet that it quotes, turned around: the way the error goes. */
  readonly tuple: Tuple;
  readonly signal: Signal;
  /**
   * Bytes of the IP packet, headers included.
   *
   * @defaultValue 0
   */
  readonly bytes?: number;
  /**
   * Whether it is an ICMP error about the connection.
   *
   * @defaultValue false
   */
  readonly related?: boolean;
  /** Present in fragments. Later ones have no ports: those of the tuple are 0. Of an ICMP error, of what it quotes. */
  readonly fragment?: Fragment;
}

/** A part of a datagram. */
export interface Fragment {
  /** 16 bits in IPv4, 32 in IPv6; equal in all parts. */
  readonly identification: number;
  /** Where it begins in what was fragmented, in bytes. */
  readonly offset: number;
  /** Bytes that it has of it. */
  readonly length: number;
}

/** Why a packet cannot belong to any connection. */
export type Unreadable =
  | {
      readonly outcome: "untracked";
      /** No IP packet; or ICMP that is neither echo nor error, such as neighbor discovery. */
      readonly reason: "not-ip" | "not-of-connection";
    }
  | {
      readonly outcome: "invalid";
      readonly reason:
        /** The headers contradict themselves or the length. */
        | "malformed"
        /** The packet ends, or its capture does, before what says which connection it is of. */
        | "truncated"
        /** More IPv6 extension headers than are looked through. */
        | "header-chain"
        /** TCP flags or SCTP chunks that nobody sends together. */
        | "impossible-signal"
        /** An ICMP error that quotes another one. */
        | "quotes-error"
        /** An ICMP error that did not go to the sender of what it quotes. */
        | "quotes-stranger";
    };

type IpLayer = LayerOfKind<"ipv4" | "ipv6">;

/** What the outermost IP packet in the packet means to its connection. */
export function observe(packet: Packet): Observation | Unreadable {
  const ip = packet.layers.findIndex(isIp);
  const header = packet.layers[ip];
  if (header !== undefined && isTooLong(packet.layers.slice(ip))) return invalid("header-chain");
  if (hasOwnProblem(packet, ip)) return invalid("malformed");
  if (header === undefined || !isIp(header)) {
    return packet.missing > 0 ? invalid("truncated") : untracked("not-ip");
  }
  if (isMapped(header)) return invalid("malformed");
  const datagram = readDatagram(header, packet.layers.slice(ip + 1));
  const { fragment } = datagram;
  const transport = readTransport(datagram, packet);
  if ("outcome" in transport) return transport;
  const about = { bytes: datagram.bytes, ...transport };
  return fragment === undefined || transport.related === true ? about : { ...about, fragment };
}

/** Whether something is wrong with the IP packet, apart from what a tunnel carries in it. `ip` is the index of its header. */
function hasOwnProblem({ layers, problem }: Packet, ip: number): boolean {
  if (problem === undefined) return false;
  const header = layers[ip];
  const start = layers.slice(0, Math.max(ip, 0)).reduce((sum, { kind }) => sum + sizeOf(kind), 0);
  if (header === undefined || !isIp(header) || problem.offset <= start) return true;
  if (problem.layer === "ipv4" || problem.layer === "ipv6") return false;
  // After IPv4, AH is a protocol as any other.
  if (header.kind === "ipv4" && header.protocol === "ah") return false;
  const { transport } = readDatagram(header, layers.slice(ip + 1));
  return transport === undefined || transport === layers.at(-1);
}

/** Bytes of a layer in front of the IP header. */
function sizeOf(kind: Layer["kind"]): number {
  return kind === "vlan" ? vlanTag : ethernetHeader;
}

const ethernetHeader = 14;
const vlanTag = 4;

/** An IP packet without its extension headers. */
interface Datagram {
  readonly header: IpLayer;
  readonly protocol: Tuple["protocol"];
  /** The layer after the IP headers. */
  readonly transport: Layer | undefined;
  readonly bytes: number;
  readonly fragment: Fragment | undefined;
}

function readDatagram(header: IpLayer, rest: readonly Layer[]): Datagram {
  if (header.kind === "ipv4") {
    const { totalLength, headerLength, identification, fragmentOffset: offset } = header;
    const length = totalLength - headerLength;
    const isPart = header.moreFragments || offset > 0;
    const fragment = isPart ? { identification, offset, length } : undefined;
    const [transport] = rest;
    return { header, protocol: header.protocol, transport, bytes: totalLength, fragment };
  }
  return readIpv6Datagram(header, rest);
}

function readIpv6Datagram(header: LayerOfKind<"ipv6">, rest: readonly Layer[]): Datagram {
  let { nextHeader: protocol } = header;
  let length = header.payloadLength;
  let fragment: Fragment | undefined;
  let index = 0;
  for (let layer = rest[index]; isExtension(layer); layer = rest[++index]) {
    protocol = layer.nextHeader;
    length -= layer.kind === "ipv6-fragment" ? fragmentHeader : layer.headerLength;
    if (layer.kind === "ipv6-fragment") {
      const { identification, fragmentOffset: offset, moreFragments } = layer;
      // A fragment that is the whole datagram is a datagram (RFC 6946).
      if (moreFragments || offset > 0) fragment = { identification, offset, length };
    }
  }
  const bytes = ipv6Header + header.payloadLength;
  return { header, protocol, transport: rest[index], bytes, fragment };
}

/** Bytes of an IPv6 header (RFC 8200 section 3), and of a fragment header (section 4.5). */
const ipv6Header = 40;
const fragmentHeader = 8;

/** What the transport header adds to the addresses. */
function readTransport(datagram: Datagram, packet: Packet): Observation | Unreadable {
  const { transport, fragment, protocol } = datagram;
  if (fragment !== undefined && fragment.offset > 0) return plain(datagram, 0, 0, "none");
  if (isLayer(transport, "tcp")) return withPorts(datagram, transport, tcpSignal(transport.flags));
  if (isLayer(transport, "udp")) return withPorts(datagram, transport, "data");
  if (isLayer(transport, "sctp")) return readSctp(datagram, transport, packet);
  if (isIcmp(transport)) return readIcmp(datagram, transport);
  const isCut = datagram.header.kind === "ipv6" && extensionProtocols.has(protocol);
  if (isCut || needsTransport.has(protocol)) return invalid("truncated");
  return plain(datagram, 0, 0, "data");
}

const needsTransport: ReadonlySet<Tuple["protocol"]> = new Set([
  "tcp",
  "udp",
  "sctp",
  "icmp",
  "icmpv6",
] as const);

function readSctp(
  datagram: Datagram,
  transport: LayerOfKind<"sctp">,
  packet: Packet,
): Observation | Unreadable {
  // Of a packet that is not all there the last chunk is payload. DATA is type 0.
  const isCut = packet.missing > 0 && packet.payload.length > 0;
  if (!isCut) return withPorts(datagram, transport, sctpSignal(transport));
  if (packet.payload[0] !== 0) return invalid("truncated");
  return withPorts(datagram, transport, transport.verificationTag === 0 ? undefined : "data");
}

function readIcmp(
  datagram: Datagram,
  message: LayerOfKind<"icmp" | "icmpv6">,
): Observation | Unreadable {
  if (message.type === "echo-request") return plain(datagram, message.identifier, 0, "open");
  if (message.type === "echo-reply") return plain(datagram, 0, message.identifier, "accept");
  if ("quoted" in message) return readQuoted(datagram, message.quoted);
  return untracked("not-of-connection");
}

/** An error is of the connection that the packet it quotes is of, and goes the other way. */
function readQuoted({ header, bytes }: Datagram, quoted: Packet): Observation | Unreadable {
  const tooLong = isTooLong(quoted.layers);
  if (hasOwnProblem(quoted, 0) && !tooLong) return invalid("malformed");
  const [inner, ...rest] = quoted.layers;
  if (inner === undefined || !isIp(inner)) return invalid("truncated");
  if (isMapped(inner)) return invalid("malformed");
  if (inner.source !== header.destination) return invalid("quotes-stranger");
  if (tooLong) return invalid("header-chain");
  const datagram = readDatagram(inner, rest);
  const { transport, fragment } = datagram;
  if (transport !== undefined && "quoted" in transport) return invalid("quotes-error");
  const about = readQuotedTransport(datagram, quoted);
  if ("outcome" in about) return about;
  const { tuple } = about;
  const error: Observation = { tuple: reverseTuple(tuple), signal: "none", bytes, related: true };
  return fragment === undefined || fragment.offset === 0 ? error : { ...error, fragment };
}

/** Eight bytes are all that must be quoted (RFC 792): ports, but no flags or chunks to judge. */
function readQuotedTransport(datagram: Datagram, quoted: Packet): Observation | Unreadable {
  const { transport } = datagram;
  const hasPorts =
    isLayer(transport, "tcp") || isLayer(transport, "sctp") || isLayer(transport, "ports");
  return hasPorts ? withPorts(datagram, transport, "none") : readTransport(datagram, quoted);
}

function withPorts(
  datagram: Datagram,
  ports: { readonly sourcePort: number; readonly destinationPort: number },
  signal: Signal | undefined,
): Observation | Unreadable {
  if (signal === undefined) return invalid("impossible-signal");
  return plain(datagram, ports.sourcePort, ports.destinationPort, signal);
}

function plain(
  { header, protocol, bytes }: Datagram,
  sourcePort: number,
  destinationPort: number,
  signal: Signal,
): Observation {
  const { source, destination } = header;
  return { tuple: { protocol, source, destination, sourcePort, destinationPort }, signal, bytes };
}

function isIp(layer: Layer): layer is IpLayer {
  return isLayer(layer, "ipv4") || isLayer(layer, "ipv6");
}

function isIcmp(layer: Layer | undefined): layer is LayerOfKind<"icmp" | "icmpv6"> {
  return isLayer(layer, "icmp") || isLayer(layer, "icmpv6");
}

/** Headers between those of IPv6 and the transport; after IPv4, AH is a protocol as any other. */
function isExtension(
  layer: Layer | undefined,
): layer is LayerOfKind<
  "ipv6-hop-by-hop" | "ipv6-routing" | "ipv6-fragment" | "ipv6-destination-options" | "ah"
> {
  return layer !== undefined && extensions.has(layer.kind);
}

/** Extension headers that are looked through; the kernel itself allows 8 of a kind by default. */
const longestChain = 8;

/** Whether an IPv6 header has more extension headers behind it than are looked through. */
function isTooLong([header, ...rest]: readonly Layer[]): boolean {
  const last = rest[longestChain - 1];
  if (header?.kind !== "ipv6" || !rest.slice(0, longestChain).every(isExtension)) return false;
  if (!isExtension(last) || !extensionProtocols.has(last.nextHeader)) return false;
  return last.kind !== "ipv6-fragment" || last.fragmentOffset === 0;
}

/** Whether an IPv6 header has IPv4-mapped addresses, which are those of a host's memory and of no wire. */
function isMapped(header: IpLayer): boolean {
  return header.kind === "ipv6" && [header.source, header.destination].some(isMappedAddress);
}

function isMappedAddress(address: Ipv6Address): boolean {
  return prefixContains(mappedAddresses, address);
}

/** RFC 4291 section 2.5.5.2. */
const mappedAddresses = parsePrefix("::ffff:0:0/96");

/** Next headers that are extension headers. */
const extensionProtocols: ReadonlySet<Tuple["protocol"]> = new Set([
  "ipv6-hop-by-hop",
  "ipv6-routing",
  "ipv6-fragment",
  "ipv6-destination-options",
  "ah",
] as const);

const extensions: ReadonlySet<Layer["kind"]> = new Set([
  "ipv6-hop-by-hop",
  "ipv6-routing",
  "ipv6-fragment",
  "ipv6-destination-options",
  "ah",
] as const);

function invalid(reason: Extract<Unreadable, { outcome: "invalid" }>["reason"]): Unreadable {
  return { outcome: "invalid", reason };
}

function untracked(reason: Extract<Unreadable, { outcome: "untracked" }>["reason"]): Unreadable {
  return { outcome: "untracked", reason };
}
