import {
  type Identity,
  type IpAddress,
  type IpFamily,
  ipFamily,
  isIpv4Address,
} from "@heddle/contracts";
import {
  type AnyLayer,
  buildPacket,
  type Draft,
  type EtherTypeName,
  ipv4,
  ipv6,
  type Packet,
  type PacketDraft,
  udp,
} from "@heddle/packet";
import { encapsulatedEcn } from "./ecn.ts";
import { dynamicPorts, flowHash, type PortRange, tunnelSourcePort } from "./flow-hash.ts";
import { geneve, genevePort } from "./geneve.ts";
import { GeneveError } from "./geneve-error.ts";
import type { GeneveOption } from "./geneve-options.ts";
import { innerIp } from "./inner-ip.ts";

/** Where a packet goes, and what its receiver is told of it. */
export interface Tunnel {
  /** An address of this node. */
  readonly source: IpAddress;
  /** An address of the peer, of the same family. */
  readonly destination: IpAddress;
  /** Of the sending pod; travels as the VNI. */
  readonly identity: Identity;
  /** Default none. */
  readonly options?: readonly Draft<GeneveOption>[];
}

/** What the outer headers are filled with. */
export interface EncapsulateOptions {
  /**
   * The outer TTL or hop limit. The inner one is as it was: the tunnel is one hop of it.
   *
   * @defaultValue 64
   */
  readonly ttl?: number;
  /**
   * The outer DSCP: the inner one's (`copy`, the uniform model of RFC 2983), or one number for all packets (the pipe
   * model). ECN always follows RFC 6040 and is not chosen.
   *
   * @defaultValue "copy"
   */
  readonly dscp?: "copy" | number;
  /** @defaultValue 49152 to 65535 */
  readonly sourcePorts?: PortRange;
  /**
   * Whether the outer UDP checksum is computed, per family of the underlay. Without one IPv6 addresses are protected
   * by nothing: RFC 6935 and 6936 allow that only where both ends are set up for it.
   *
   * @defaultValue `zero` over IPv4, `computed` over IPv6
   */
  readonly udpChecksum?: Partial<Readonly<Record<IpFamily, ChecksumPolicy>>>;
}

export type ChecksumPolicy = "zero" | "computed";

/** What the outer UDP checksum is unless told otherwise (RFC 8926 section 4.3). */
export const defaultChecksumPolicy: Readonly<Record<IpFamily, ChecksumPolicy>> = {
  4: "zero",
  6: "computed",
};

/**
 * The frame or IP packet as payload of a tunnel, to be built by `buildPacket` with `geneveProtocols`. An IPv4
 * header around it forbids fragments: whether a packet fits is known before (`fitToMtu`).
 *
 * @throws {GeneveError} `mixed-families`, `unsupported-inner`, `invalid-option`
 */
export function encapsulate(
  inner: Packet,
  tunnel: Tunnel,
  options: EncapsulateOptions = {},
): PacketDraft {
  const { identity, options: tunnelOptions = [] } = tunnel;
  const family = ipFamily(tunnel.source);
  const hash = flowHash(inner);
  const checksum = { ...defaultChecksumPolicy, ...options.udpChecksum }[family];
  const transport = udp({
    sourcePort: tunnelSourcePort(hash, options.sourcePorts ?? dynamicPorts),
    destinationPort: genevePort,
    ...(checksum === "zero" ? { checksum: 0 } : {}),
  });
  const tunnelHeader = geneve({
    vni: identity,
    protocol: protocolOf(inner),
    options: tunnelOptions,
  });
  return {
    layers: [outerIp(inner, tunnel, options, hash), transport, tunnelHeader],
    payload: buildPacket(inner),
  };
}

function outerIp(
  inner: Packet,
  { source, destination }: Tunnel,
  { ttl = 64, dscp = "copy" }: EncapsulateOptions,
  hash: number,
): AnyLayer {
  const header = innerIp(inner.layers);
  const trafficClass = {
    dscp: dscp === "copy" ? (header?.dscp ?? 0) : dscp,
    ecn: encapsulatedEcn(header?.ecn ?? 0),
  };
  if (isIpv4Address(source) && isIpv4Address(destination)) {
    return ipv4({ ...trafficClass, source, destination, ttl, dontFragment: true });
  }
  if (!isIpv4Address(source) && !isIpv4Address(destination)) {
    // Routers that spread flows by addresses and label need not look for ports (RFC 6438 section 3).
    const flowLabel = 1 + (hash % 0xf_ffff);
    return ipv6({ ...trafficClass, source, destination, hopLimit: ttl, flowLabel });
  }
  throw new GeneveError({
    code: "mixed-families",
    operation: "encapsulate from",
    subject: `${source} to ${destination}`,
    reason: "the ends of a tunnel have addresses of one family",
    hint: "choose the peer's address of the underlay's family",
  });
}

function protocolOf({ layers }: Packet): EtherTypeName {
  const kind = layers[0]?.kind;
  if (kind === "ethernet") return "transparent-ethernet-bridging";
  if (kind === "ipv4" || kind === "ipv6") return kind;
  throw new GeneveError({
    code: "unsupported-inner",
    operation: "encapsulate",
    subject: kind ?? "bytes without headers",
    reason: "a tunnel carries Ethernet frames and IP packets",
  });
}
