import { type IpAddress, ipFamily, ipToBytes } from "@heddle/contracts";
import { internetChecksum } from "./checksum.ts";
import type { AnyLayer, BuildContext, Draft } from "./layer.ts";
import { type Ipv4, unspecifiedIpv4 } from "./layers/ipv4.ts";
import { type Ipv6, unspecifiedIpv6 } from "./layers/ipv6.ts";
import type { Ipv6Fragment } from "./layers/ipv6-fragment.ts";
import { homeAddress, type Ipv6DestinationOptions } from "./layers/ipv6-options.ts";
import { finalDestination, type Ipv6Routing } from "./layers/ipv6-routing.ts";
import { type IpProtocol, ipProtocols } from "./numbers.ts";
import { invalidField, PacketError } from "./packet-error.ts";
import { concatBytes } from "./wire/bytes.ts";
import { uint } from "./wire/field.ts";
import { layout } from "./wire/layout.ts";

/** What a transport checksum covers beside header and data. Both addresses are of one family. */
export interface PseudoHeader {
  /** The home address, where the packet carries it as an option. */
  readonly source: IpAddress;
  /** The final destination, where the packet carries a routing header. */
  readonly destination: IpAddress;
  readonly protocol: IpProtocol;
  /** Bytes of transport header and data. */
  readonly length: number;
}

/**
 * The bytes of a pseudo header: 12 for IPv4 (RFC 9293 section 3.1), 40 for IPv6 (RFC 8200 section 8.1).
 *
 * @throws {PacketError} `invalid-field` when the addresses are of two families, or a number does not fit
 */
export function pseudoHeader(of: PseudoHeader): Uint8Array<ArrayBuffer> {
  const { source, destination, length } = of;
  if (ipFamily(source) !== ipFamily(destination)) {
    throw invalidField("pseudo-header.destination", `${destination} is not of ${source}'s family`);
  }
  const numbers = { zero: 0, protocol: ipProtocols.numberOf(of.protocol), length };
  const rest = ipFamily(source) === 4 ? ipv4Rest.write(numbers) : ipv6Rest.write(numbers);
  return concatBytes(ipToBytes(source), ipToBytes(destination), rest);
}

interface Rest {
  readonly zero: number;
  readonly protocol: number;
  readonly length: number;
}

const ipv4Rest = layout<Rest>("pseudo-header", {
  zero: uint(8),
  protocol: uint(8),
  length: uint(16),
});

const ipv6Rest = layout<Rest>("pseudo-header", {
  length: uint(32),
  zero: uint(24),
  protocol: uint(8),
});

/**
 * The checksum of a transport header, whose checksum field is zero, and its body.
 *
 * @throws {PacketError} `checksum-unavailable` without an IP header around it, or in a part of a datagram
 */
export function transportChecksum(
  kind: string,
  protocol: IpProtocol,
  header: Uint8Array,
  context: BuildContext,
): number {
  const length = header.length + context.body.length;
  requireWholeDatagram(kind, context.enclosing, length);
  const addresses = enclosingAddresses(context.enclosing);
  if (addresses === undefined) {
    throw new PacketError({
      code: "checksum-unavailable",
      operation: "compute checksum of",
      subject: kind,
      reason: "it covers the IP addresses, and no IP header is around it",
      hint: "put an ipv4 or ipv6 layer before it, or give the checksum",
    });
  }
  return internetChecksum(pseudoHeader({ ...addresses, protocol, length }), header, context.body);
}

/** @throws {PacketError} `checksum-unavailable` unless `length` bytes of the layer and its body are a whole datagram */
export function requireWholeDatagram(
  kind: string,
  enclosing: readonly AnyLayer[],
  length: number,
): void {
  if (isWholeDatagram(enclosing, length)) return;
  throw new PacketError({
    code: "checksum-unavailable",
    operation: "compute checksum of",
    subject: kind,
    reason: "it covers one datagram, and this is a fragment of one, or several not segmented yet",
    hint: "give the checksum",
  });
}

/**
 * Whether `length` bytes inside these layers are one datagram: no fragment, and not more than IPv4 can carry,
 * which is seen before segmentation offload.
 */
export function isWholeDatagram(enclosing: readonly AnyLayer[], length: number): boolean {
  return !fromInnermostIp(enclosing).some((layer) => {
    if (isIpv4Layer(layer) && length > largestIpv4Body) return true;
    if (!isIpv4Layer(layer) && !isFragmentLayer(layer)) return false;
    return layer.moreFragments === true || (layer.fragmentOffset ?? 0) > 0;
  });
}

const largestIpv4Body = 0xffff;

/** The addresses that the checksum of an upper layer covers; undefined without an IP header. */
function enclosingAddresses(
  enclosing: readonly AnyLayer[],
): Pick<PseudoHeader, "source" | "destination"> | undefined {
  const [ip, ...extensions] = fromInnermostIp(enclosing);
  if (ip === undefined) return undefined;
  if (isIpv4Layer(ip)) {
    const { source = unspecifiedIpv4, destination = unspecifiedIpv4 } = ip;
    return { source, destination };
  }
  if (!isIpv6Layer(ip)) return undefined;
  const { source = unspecifiedIpv6, destination = unspecifiedIpv6 } = ip;
  const routing = extensions.find(isRoutingLayer);
  const options = extensions.filter(isDestinationOptionsLayer);
  return {
    source: options.map(homeAddress).find((address) => address !== undefined) ?? source,
    destination: (routing && finalDestination(routing)) ?? destination,
  };
}

/** The innermost IP header and its extension headers. */
function fromInnermostIp(enclosing: readonly AnyLayer[]): readonly AnyLayer[] {
  const index = enclosing.findLastIndex((layer) => isIpv4Layer(layer) || isIpv6Layer(layer));
  return index < 0 ? [] : enclosing.slice(index);
}

const isIpv4Layer = (layer: AnyLayer): layer is Draft<Ipv4> => layer.kind === "ipv4";
const isIpv6Layer = (layer: AnyLayer): layer is Draft<Ipv6> => layer.kind === "ipv6";
const isRoutingLayer = (layer: AnyLayer): layer is Draft<Ipv6Routing> =>
  layer.kind === "ipv6-routing";
const isDestinationOptionsLayer = (layer: AnyLayer): layer is Draft<Ipv6DestinationOptions> =>
  layer.kind === "ipv6-destination-options";
const isFragmentLayer = (layer: AnyLayer): layer is Draft<Ipv6Fragment> =>
  layer.kind === "ipv6-fragment";
