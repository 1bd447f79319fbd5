import { type Ipv6Address, ipv6ToBytes } from "@heddle/contracts";
import {
  type AnyLayer,
  findLayer,
  type Icmpv6,
  type Ipv6,
  type Ndp,
  type NdpOption,
  type NeighborAdvertisement,
  type NdpRedirect,
  type Packet,
  verifyChecksums,
} from "@heddle/packet";
import { isSolicitedNodeGroup } from "./groups.ts";

/**
 * Why a message of neighbour discovery must be silently discarded (RFC 4861 sections 6.1.1, 6.1.2, 7.1.1, 7.1.2
 * and 8.1; RFC 6980 section 5).
 *
 * - `not-ndp`: it is no such message.
 * - `fragmented`: it has a fragment header.
 * - `too-short`: it ends before its fixed part does, or a part of it is not here.
 * - `hop-limit`: it was forwarded.
 * - `checksum`, `code`
 * - `option-length`: an option has the length 0, or reaches beyond the message.
 * - `source`: a router advertisement or redirect comes from an address that is not link-local.
 * - `target`: a solicitation or advertisement is about a multicast address; a redirect, to a target that is neither
 *   link-local nor the destination.
 * - `destination`: duplicate address detection that is not for a solicited-node group; a solicited advertisement
 *   to a group; a redirect for a multicast address.
 * - `source-option`: nobody (`::`) says what its link-layer address is.
 */
export type NdpFault =
  | "not-ndp"
  | "fragmented"
  | "too-short"
  | "hop-limit"
  | "checksum"
  | "code"
  | "option-length"
  | "source"
  | "target"
  | "destination"
  | "source-option";

/** The hop limit that shows that no router forwarded a message. */
export const ndpHopLimit = 255;

/** The types of neighbour discovery. */
const ndpTypes: ReadonlySet<Icmpv6["type"]> = new Set<Ndp["type"]>([
  "router-solicitation",
  "router-advertisement",
  "neighbor-solicitation",
  "neighbor-advertisement",
  "redirect",
]);

/**
 * Says why a parsed message must be discarded; undefined of one that is valid. That a redirect comes from the first
 * hop it is about is for whoever has routes to say.
 *
 * ```ts
 * const fault = validateNdp(parsePacket(bytes, { linkType: "ethernet" }));
 * ```
 */
export function validateNdp(packet: Packet<AnyLayer>): NdpFault | undefined {
  const ip = findLayer(packet, "ipv6");
  if (ip === undefined) return "not-ndp";
  const fragment = findLayer(packet, "ipv6-fragment");
  if (fragment?.nextHeader === "icmpv6") return "fragmented";
  const message = findLayer(packet, "icmpv6");
  if (message === undefined) return announcesIcmpv6(packet) ? "too-short" : "not-ndp";
  if (!isNdp(message)) return "not-ndp";
  return faultOfAny(packet, ip, message) ?? faultOf(ip, message);
}

/** Whether the last header says that a message follows, of which too little is there to be read. */
function announcesIcmpv6({ layers }: Packet<AnyLayer>): boolean {
  const last = layers.at(-1);
  return last !== undefined && "nextHeader" in last && last.nextHeader === "icmpv6";
}

function isNdp(message: Icmpv6): message is Ndp {
  return ndpTypes.has(message.type);
}

/** What holds for all messages alike. */
function faultOfAny(packet: Packet<AnyLayer>, ip: Ipv6, message: Ndp): NdpFault | undefined {
  if (packet.missing > 0) return "too-short";
  if (ip.hopLimit !== ndpHopLimit) return "hop-limit";
  const report = verifyChecksums(packet).find(({ kind }) => kind === "icmpv6");
  if (report?.verdict !== "correct") return "checksum";
  if (message.code !== 0) return "code";
  return message.optionTail.length > 0 ? "option-length" : undefined;
}

function faultOf(ip: Ipv6, message: Ndp): NdpFault | undefined {
  switch (message.type) {
    case "router-solicitation":
      return namesItself(ip, message) ? "source-option" : undefined;
    case "router-advertisement":
      return isLinkLocal(ip.source) ? undefined : "source";
    case "neighbor-solicitation":
      if (isMulticast(message.target)) return "target";
      if (ip.source === unspecified && !isSolicitedNodeGroup(ip.destination)) return "destination";
      return namesItself(ip, message) ? "source-option" : undefined;
    case "neighbor-advertisement":
      return faultOfAdvertisement(ip, message);
    case "redirect":
    default:
      return faultOfRedirect(ip, message);
  }
}

function faultOfAdvertisement(ip: Ipv6, message: NeighborAdvertisement): NdpFault | undefined {
  if (isMulticast(message.target)) return "target";
  return isMulticast(ip.destination) && message.solicited ? "destination" : undefined;
}

function faultOfRedirect(ip: Ipv6, { target, destination }: NdpRedirect): NdpFault | undefined {
  if (!isLinkLocal(ip.source)) return "source";
  if (isMulticast(destination)) return "destination";
  return isLinkLocal(target) || target === destination ? undefined : "target";
}

const unspecified = "::";

/** An option of another length than an Ethernet address has is known by its number only. */
const sourceOptions: ReadonlySet<NdpOption["type"]> = new Set<NdpOption["type"]>([
  "source-link-layer-address",
  1,
]);

/** Whether the sender has no address, and yet says what its link-layer address is. */
function namesItself({ source }: Ipv6, { options }: Ndp): boolean {
  return source === unspecified && options.some(({ type }) => sourceOptions.has(type));
}

function isMulticast(address: Ipv6Address): boolean {
  return ipv6ToBytes(address)[0] === 0xff;
}

/** fe80::/10. */
export function isLinkLocal(address: Ipv6Address): boolean {
  const [first = 0, second = 0] = ipv6ToBytes(address);
  return first === 0xfe && (second & 0xc0) === 0x80;
}
