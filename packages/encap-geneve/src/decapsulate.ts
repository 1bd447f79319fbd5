import { type Identity, identity, type IpAddress } from "@heddle/contracts";
import {
  buildPacket,
  type EtherType,
  type LinkType,
  type Packet,
  parsePacket,
  updateChecksum,
  verifyChecksums,
} from "@heddle/packet";
import { decapsulatedEcn } from "./ecn.ts";
import { type Geneve, geneveProtocols, problemOf, type TunnelLayer } from "./geneve.ts";
import { type GeneveOption, isCriticalOption } from "./geneve-options.ts";
import { type IpHeader, isIpHeader } from "./inner-ip.ts";

/** Why a packet does not leave the tunnel. */
export type TunnelDropReason =
  /** It has no Geneve header of a known version, or a header that contradicts itself, or is in fragments. */
  | "malformed"
  /** It comes from an address that is no peer's. */
  | "unknown-peer"
  /** The outer UDP checksum, or that of the outer IPv4 header, is wrong. */
  | "wrong-checksum"
  /** It has no outer UDP checksum over IPv6, which was not agreed on. */
  | "no-checksum"
  /** An option that is not known is critical. */
  | "unknown-critical-option"
  /** There are two clusters or two services, of which one would not be seen. */
  | "repeated-option"
  /** It claims an identity that nobody has, or that is not sent over the wire, or the cluster 0. */
  | "forbidden-identity"
  /** It carries neither an Ethernet frame nor an IP packet. */
  | "unsupported-inner"
  /** The network reports congestion to a sender that would not understand it (RFC 6040 section 4.2). */
  | "congestion";

/** What becomes of a packet that arrived at the end of a tunnel. */
export type Decapsulation = Delivered | Control | Dropped;

/** The inner packet goes on. */
export interface Delivered {
  readonly outcome: "deliver";
  /** As it was sent, but for its ECN codepoint, which tells of congestion on the way. */
  readonly inner: Uint8Array;
  readonly linkType: LinkType;
  readonly identity: Identity;
  /** The cluster that the identity belongs to; undefined: the receiver's own. */
  readonly clusterId?: number;
  /** The service that the client spoke to, where the answer bypasses the sender. */
  readonly service?: { readonly address: IpAddress; readonly port: number };
}

/** A message for the end of the tunnel itself (O bit), not to be forwarded. */
export interface Control {
  readonly outcome: "control";
  readonly header: Geneve;
}

export interface Dropped {
  readonly outcome: "drop";
  readonly reason: TunnelDropReason;
}

/** Whom an end of a tunnel believes what. */
export interface DecapsulateOptions {
  /**
   * Whether packets from this underlay address are taken.
   *
   * @defaultValue from every address
   */
  readonly isPeer?: (address: IpAddress) => boolean;
  /**
   * Whether a packet from the wire may claim this identity, which one of a host or another reserved one may not.
   *
   * @defaultValue every identity
   */
  readonly mayClaim?: (claimed: Identity) => boolean;
  /**
   * Whether a packet over IPv6 may have no UDP checksum (RFC 6936 section 5).
   *
   * @defaultValue false
   */
  readonly zeroChecksumOverIpv6?: boolean;
}

/**
 * What an end of a tunnel does with a whole packet, parsed with `geneveProtocols`. Never throws. The inner DSCP stays
 * as it is (the pipe model of RFC 2983). Of the inner packet only what the standard protocols know is looked at: a
 * pod may send tunnels of its own.
 */
export function decapsulate(
  packet: Packet<TunnelLayer>,
  options: DecapsulateOptions = {},
): Decapsulation {
  const found = locate(packet);
  if (found === undefined) return drop("malformed");
  const { header } = found;
  const reason = outerRefusal(packet, found, options) ?? optionRefusal(header.options);
  if (reason !== undefined) return drop(reason);
  if (header.control) return { outcome: "control", header };
  const claim = claimOf(header, options);
  if (claim === undefined) return drop("forbidden-identity");
  const kind = carriedKinds.get(header.protocol);
  if (kind === undefined) return drop("unsupported-inner");
  const linkType = kind === "ethernet" ? "ethernet" : "ip";
  const parsed = parsePacket(found.inner, { linkType });
  if (parsed.problem !== undefined || parsed.layers[0]?.kind !== kind) return drop("malformed");
  const inner = withCongestion(parsed, found.outer.ecn);
  if (inner === undefined) return drop("congestion");
  return { outcome: "deliver", inner: buildPacket(inner), linkType, ...claim };
}

function drop(reason: TunnelDropReason): Dropped {
  return { outcome: "drop", reason };
}

/** What an inner packet begins with, by the protocol that the tunnel header says. */
const carriedKinds: ReadonlyMap<EtherType, "ethernet" | "ipv4" | "ipv6"> = new Map([
  ["transparent-ethernet-bridging", "ethernet"],
  ["ipv4", "ipv4"],
  ["ipv6", "ipv6"],
]);

/** A tunnelled packet in its parts. */
interface Located {
  readonly outer: IpHeader;
  readonly header: Geneve;
  /** Where the header is among the layers. */
  readonly place: number;
  readonly inner: Uint8Array;
}

/** The outermost tunnel of a packet whose outer headers are right, and which came in one piece. */
function locate(packet: Packet<TunnelLayer>): Located | undefined {
  const { layers } = packet;
  const place = layers.findIndex(({ kind }) => kind === "geneve");
  const [header, transport] = [layers[place], layers[place - 1]];
  const outer = layers.slice(0, Math.max(place, 0)).findLast(isIpHeader);
  if (header?.kind !== "geneve" || transport?.kind !== "udp" || outer === undefined)
    return undefined;
  const around = layers.slice(0, place + 1);
  // A problem of an outer header would have hidden this one.
  if (problemOf(header) !== undefined || around.some(isPart)) return undefined;
  const rest = buildPacket({ ...packet, layers: layers.slice(place + 1) }, geneveProtocols);
  // A length of 0 means up to the end (RFC 2675); behind any other there may be more of the outer frame.
  const headers = buildPacket({ layers: [transport, header] }, geneveProtocols).length;
  const length = transport.length === 0 ? rest.length : transport.length - headers;
  return rest.length < length
    ? undefined
    : { outer, header, place, inner: rest.subarray(0, length) };
}

function isPart(layer: TunnelLayer): boolean {
  return (layer.kind === "ipv4" || layer.kind === "ipv6-fragment") && layer.moreFragments;
}

function outerRefusal(
  packet: Packet<TunnelLayer>,
  { outer, place }: Located,
  { isPeer = () => true, zeroChecksumOverIpv6 = false }: DecapsulateOptions,
): TunnelDropReason | undefined {
  if (!isPeer(outer.source)) return "unknown-peer";
  const reports = verifyChecksums(packet, geneveProtocols).filter(({ index }) => index < place);
  if (reports.some(({ verdict }) => verdict === "wrong")) return "wrong-checksum";
  const absent = reports.some(({ verdict }) => verdict === "absent");
  return absent && outer.kind === "ipv6" && !zeroChecksumOverIpv6 ? "no-checksum" : undefined;
}

function optionRefusal(options: readonly GeneveOption[]): TunnelDropReason | undefined {
  const unknown = options.filter(({ type }) => typeof type === "number");
  if (unknown.some(isCriticalOption)) return "unknown-critical-option";
  const services = options.filter(({ type }) => type === "dsr-ipv4" || type === "dsr-ipv6");
  const clusters = options.filter(({ type }) => type === "cluster-id");
  return services.length > 1 || clusters.length > 1 ? "repeated-option" : undefined;
}

/** Who sent the packet, and to which service; undefined when nobody may claim that. */
function claimOf(
  { vni, options }: Geneve,
  { mayClaim = () => true }: DecapsulateOptions,
): Pick<Delivered, "identity" | "clusterId" | "service"> | undefined {
  // 0 is no identity.
  if (vni === 0) return undefined;
  const sender = identity(vni);
  const cluster = options.find(({ type }) => type === "cluster-id");
  const service = options.find(({ type }) => type === "dsr-ipv4" || type === "dsr-ipv6");
  const clusterId = cluster?.type === "cluster-id" ? cluster.clusterId : undefined;
  if (clusterId === 0 || !mayClaim(sender)) return undefined;
  return {
    identity: sender,
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(service?.type === "dsr-ipv4" || service?.type === "dsr-ipv6"
      ? { service: { address: service.address, port: service.port } }
      : {}),
  };
}

/** The inner packet with the congestion that the outer header tells of; undefined when it cannot tell of it. */
function withCongestion(inner: Packet, outerEcn: number): Packet | undefined {
  const place = inner.layers.findIndex(isIpHeader);
  const header = inner.layers.find(isIpHeader);
  if (header === undefined) return inner;
  const ecn = decapsulatedEcn(header.ecn, outerEcn);
  if (ecn === "drop") return undefined;
  return { ...inner, layers: inner.layers.with(place, withEcn(header, ecn)) };
}

function withEcn(header: IpHeader, ecn: number): IpHeader {
  if (header.kind === "ipv6") return { ...header, ecn };
  const word = (codepoint: number) => Uint8Array.of(0, header.dscp * 4 + codepoint);
  // Updated and not computed anew, so that a wrong one stays wrong.
  const checksum =
    ecn === header.ecn
      ? header.checksum
      : updateChecksum(header.checksum, word(header.ecn), word(ecn));
  return { ...header, ecn, checksum };
}
