import { type IpAddress, ipFamily, isIpv4Address } from "@heddle/contracts";
import {
  type AnyLayer,
  buildPacket,
  ipv4,
  ipv6,
  ipv6Fragment,
  type Packet,
  packet,
  parsePacket,
} from "@heddle/packet";
import { headers, type Hop } from "./drafts.ts";

/** Bytes of the headers before the piece itself. */
const before = { 4: 14 + 20, 6: 14 + 40 + 8 } as const;

/** A datagram of UDP, of one hop, in fragments of so many bytes. */
export function piecesOf(hop: Hop, transport: AnyLayer, size = 48): readonly Uint8Array[] {
  const family = ipFamily(hop.source);
  const whole = buildPacket(packet(...headers(hop), transport, "x".repeat(80)));
  const body = whole.subarray(family === 4 ? 34 : 54);
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) => {
    const [start, end] = [index * size, (index + 1) * size];
    const fields = { fragmentOffset: start, moreFragments: end < body.length, identification: 7 };
    const part = body.subarray(start, end);
    return family === 4
      ? buildPacket(packet(...headers({ ...hop, ipv4: { protocol: "udp", ...fields } }), part))
      : buildPacket(packet(...headers(hop), ipv6Fragment({ nextHeader: "udp", ...fields }), part));
  });
}

/** The datagram that fragments make, between two addresses. */
export function datagramOf(
  source: IpAddress,
  destination: IpAddress,
  pieces: readonly Uint8Array[],
): Packet {
  const body = Buffer.concat(pieces.map((piece) => piece.subarray(before[ipFamily(source)])));
  const header =
    isIpv4Address(source) && isIpv4Address(destination)
      ? ipv4({ source, destination, protocol: "udp" })
      : !isIpv4Address(source) && !isIpv4Address(destination)
        ? ipv6({ source, destination, nextHeader: "udp" })
        : undefined;
  if (header === undefined) throw new Error(`${source} and ${destination} are of two families`);
  return parsePacket(buildPacket(packet(header, body)), { linkType: "ip" });
}
