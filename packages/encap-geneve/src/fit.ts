import {
  isIpv4Address,
  type IpAddress,
  ipToBytes,
  parsePrefix,
  prefixContains,
} from "@heddle/contracts";
import {
  buildPacket,
  type Draft,
  type Icmp,
  icmp,
  type Icmpv6,
  icmpv6,
  type IpProtocol,
  type Layer,
  type Packet,
} from "@heddle/packet";
import { type IpHeader, isIpHeader } from "./inner-ip.ts";
import { minimumMtu } from "./mtu.ts";

/** What becomes of a pod's packet before it enters a tunnel. */
export type Fit =
  | { readonly outcome: "fits" }
  /** The sender left it to others to fragment (IPv4 without "don't fragment"): before the tunnel, into `mtu` bytes. */
  | { readonly outcome: "fragment"; readonly mtu: number }
  /** It is dropped, and its sender gets this message, whose source is a router's address. */
  | {
      readonly outcome: "answer";
      readonly mtu: number;
      readonly error: Draft<Icmp> | Draft<Icmpv6>;
    }
  | { readonly outcome: "drop"; readonly reason: FitDropReason };

/** Why a packet that does not fit is dropped without an answer. */
export type FitDropReason =
  /** It is not IP, and has no sender that would understand an answer. */
  | "not-ip"
  /** The tunnel carries less than the protocol needs everywhere (68 bytes, 1280 for IPv6): no answer would help. */
  | "below-minimum"
  /** It is an error message, a later fragment, to many, or from no single host (RFC 1122 3.2.2, RFC 4443 2.4). */
  | "no-answer-allowed";

/**
 * Whether a whole packet of a pod fits into an MTU, which counts from the IP header on as `podMtu` gives it, and if
 * not, what its sender is told.
 */
export function fitToMtu(packet: Packet, mtu: number): Fit {
  const place = packet.layers.findIndex(isIpHeader);
  const layers = packet.layers.slice(Math.max(place, 0));
  const bytes = buildPacket({ layers, payload: packet.payload });
  if (bytes.length <= mtu) return { outcome: "fits" };
  const [ip] = layers;
  if (ip === undefined || !isIpHeader(ip)) return { outcome: "drop", reason: "not-ip" };
  if (mtu < minimumMtu[ip.kind === "ipv4" ? 4 : 6]) {
    return { outcome: "drop", reason: "below-minimum" };
  }
  if (ip.kind === "ipv4" && !ip.dontFragment) return { outcome: "fragment", mtu };
  if (!mayAnswer(ip, layers)) return { outcome: "drop", reason: "no-answer-allowed" };
  return { outcome: "answer", mtu, error: tooBig(ip.kind, mtu, bytes) };
}

/**
 * Bytes of the packet that an error message quotes: as much as leaves the message within what every host can
 * receive (RFC 1812 section 4.3.2.3: 576; RFC 4443 section 3.2: 1280).
 */
const quotedLength = { ipv4: 576 - 28, ipv6: 1280 - 48 } as const;

function tooBig(
  kind: IpHeader["kind"],
  mtu: number,
  bytes: Uint8Array,
): Draft<Icmp> | Draft<Icmpv6> {
  const quoted = { layers: [], payload: bytes.subarray(0, quotedLength[kind]) };
  return kind === "ipv4"
    ? icmp({
        type: "destination-unreachable",
        code: "fragmentation-needed",
        nextHopMtu: mtu,
        quoted,
      })
    : icmpv6({ type: "packet-too-big", mtu, quoted });
}

function mayAnswer(ip: IpHeader, layers: readonly Layer[]): boolean {
  if (!isSingleHost(ip.source) || isAboutError(layers)) return false;
  // A multicast destination has no packet-too-big in IPv4 (RFC 1122), and has one in IPv6 (RFC 4443 section 2.4 e.3).
  return ip.kind === "ipv6" || (ip.fragmentOffset === 0 && !isToMany(ip.destination));
}

const loopback = parsePrefix("127.0.0.0/8");

function isSingleHost(source: IpAddress): boolean {
  if (isIpv4Address(source) && prefixContains(loopback, source)) return false;
  return !isToMany(source) && ipToBytes(source).some((byte) => byte !== 0);
}

/** Multicast, and in IPv4 the reserved class E with the limited broadcast address. */
function isToMany(address: IpAddress): boolean {
  const first = ipToBytes(address)[0] ?? 0;
  return isIpv4Address(address) ? first >= 224 : first === 0xff;
}

/** Whether the packet is an ICMP error or redirect, or an ICMP message of which that cannot be read. */
function isAboutError([ip, ...above]: readonly Layer[]): boolean {
  const place = above.findIndex((layer) => isIpHeader(layer) || !("nextHeader" in layer));
  const message = above[place];
  if (message?.kind === "icmp" || message?.kind === "icmpv6") {
    if (typeof message.type === "string") return errors.has(message.type);
    return message.kind === "icmpv6"
      ? message.type < firstInformational
      : message.type === sourceQuench;
  }
  const last = message === undefined ? announced(above.at(-1) ?? ip) : undefined;
  return last === "icmp" || last === "icmpv6";
}

function announced(layer: Layer | undefined): IpProtocol | undefined {
  if (layer?.kind === "ipv4") return layer.protocol;
  return layer !== undefined && "nextHeader" in layer ? layer.nextHeader : undefined;
}

/** Their names are the same in both families. */
const errors: ReadonlySet<string> = new Set([
  "destination-unreachable",
  "packet-too-big",
  "time-exceeded",
  "parameter-problem",
  "redirect",
]);
/** ICMPv6 types below are errors (RFC 4443 section 2.1). */
const firstInformational = 128;
/** An error of ICMP, deprecated (RFC 6633). */
const sourceQuench = 4;
