import { type IpAddress, ipToBytes } from "@heddle/contracts";
import { internetChecksum, type Ipv4, type Layer, type Packet, parsePacket } from "@heddle/packet";

/**
 * What can be wrong with a frame that a router has to understand:
 * - `header`: a header cannot be read, or announces more, or less, than follows.
 * - `first-fragment`: the same of a transport header whose datagram has further fragments.
 * - `length`: a length of zero on a packet that is not one of those which are cut up later.
 * - `fragment`: a fragment of a datagram that is too long, or one that no other can follow.
 * - `checksum`: IPv4's header checksum is wrong.
 * - `address`: an IPv4-mapped address on the wire (RFC 4291 section 2.5.5.2).
 */
export type FlawKind = "header" | "first-fragment" | "length" | "fragment" | "checksum" | "address";

/** One thing that is wrong. */
export interface Flaw {
  readonly kind: FlawKind;
  /** The kind of layer, as `@heddle/packet` calls it. */
  readonly layer: string;
  readonly reason: string;
}

/**
 * An independent judgement of a frame, by the parser of `@heddle/packet`: whatever is wrong with it from its Ethernet
 * header to its transport header. What a packet carries, also inside a tunnel or in a quotation, is not looked into.
 *
 * @param gsoSize - bytes of each segment of a buffer that is cut up later, or 0
 */
export function findFlaws(frame: Uint8Array, gsoSize = 0): readonly Flaw[] {
  const parsed = parsePacket(frame, { linkType: "ethernet" });
  const chain = headerChain(parsed);
  return [
    ...headerFlaws(parsed, chain, gsoSize),
    ...chain.places.flatMap((place) => flawsOf(place, chain.places, frame, gsoSize)),
  ];
}

interface Place {
  readonly layer: Layer;
  readonly offset: number;
}

interface HeaderChain {
  readonly places: readonly Place[];
  /** Where the transport header begins, or whatever the first IP packet carries. */
  readonly end: number;
}

/** The headers up to the first transport header, and where they lie. */
function headerChain({ layers }: Packet): HeaderChain {
  const places: Place[] = [];
  let end = 0;
  for (const layer of layers) {
    if (!isLink(layer.kind, places)) break;
    places.push({ layer, offset: end });
    end += sizeOf(layer);
  }
  return { places, end };
}

/** Whether a layer behind these is one more link of the chain. */
function isLink(kind: string, places: readonly Place[]): boolean {
  const ip = ipOf(places)?.kind;
  if (kind === "ah") return ip === "ipv6";
  if (kind.startsWith("ipv6-")) return true;
  return ["ethernet", "vlan", "ipv4", "ipv6"].includes(kind) && ip === undefined;
}

function ipOf(places: readonly Place[]): Layer | undefined {
  return places.find(({ layer: { kind } }) => kind === "ipv4" || kind === "ipv6")?.layer;
}

function sizeOf(layer: Layer): number {
  if ("headerLength" in layer) return layer.headerLength;
  return fixedSizes[layer.kind] ?? 0;
}

const fixedSizes: Readonly<Record<string, number>> = {
  ethernet: 14,
  vlan: 4,
  ipv6: 40,
  "ipv6-fragment": 8,
};

/** Transport headers that routers look into; what else a chain carries is data to them. */
const transports: ReadonlySet<string> = new Set(["arp", "tcp", "udp", "sctp", "icmp", "icmpv6"]);

function isFirstFragment({ layer }: Place): boolean {
  return "moreFragments" in layer && layer.moreFragments && layer.fragmentOffset === 0;
}

/** Bytes of ICMP that its messages have in common, the identifier of echoes included. */
const icmpHeader = 8;

function headerFlaws(
  { layers, payload, problem }: Packet,
  { places, end }: HeaderChain,
  gsoSize: number,
): readonly Flaw[] {
  if (problem === undefined || problem.offset > end) return [];
  const { layer, offset, reason } = problem;
  if (offset === end) {
    if (!transports.has(layer) && !isLink(layer, places)) return [];
    if (isUncut(places, gsoSize)) return [];
    // The chunks of SCTP and the messages of ICMP are between the two ends; the header is there.
    if (layer === "sctp" && layers.some(({ kind }) => kind === "sctp")) return [];
    if (layer.startsWith("icmp") && payload.length >= icmpHeader) return [];
  }
  const inFragment = offset === end && places.some((place) => isFirstFragment(place));
  return [{ kind: inFragment ? "first-fragment" : "header", layer, reason }];
}

/** Whether it is longer than its header can say, until it is cut up (BIG TCP). */
function isUncut(places: readonly Place[], gsoSize: number): boolean {
  const ip = ipOf(places);
  if (gsoSize === 0) return false;
  if (ip?.kind === "ipv6") return ip.payloadLength === 0 && ip.nextHeader === "tcp";
  return ip?.kind === "ipv4" && ip.totalLength === 0 && ip.protocol === "tcp";
}

function flawsOf(
  { layer, offset }: Place,
  places: readonly Place[],
  frame: Uint8Array,
  gsoSize: number,
): readonly Flaw[] {
  if (layer.kind === "ipv4") return ipv4Flaws({ layer, offset }, places, frame, gsoSize);
  if (layer.kind === "ipv6") {
    return [layer.source, layer.destination].flatMap((address) =>
      flawIf(isMapped(address), "address", "ipv6", `${address} is IPv4-mapped`),
    );
  }
  if (layer.kind !== "ipv6-fragment") return [];
  return fragmentFlaws("ipv6-fragment", layer, lengthBehind(places, offset + 8));
}

function ipv4Flaws(
  { layer, offset }: { readonly layer: Ipv4; readonly offset: number },
  places: readonly Place[],
  frame: Uint8Array,
  gsoSize: number,
): readonly Flaw[] {
  const { totalLength, headerLength } = layer;
  const header = frame.subarray(offset, offset + headerLength);
  const body = (totalLength === 0 ? frame.length - offset : totalLength) - headerLength;
  const empty = totalLength === 0 && !isUncut(places, gsoSize);
  return [
    ...flawIf(empty, "length", "ipv4", "its length is 0"),
    ...flawIf(internetChecksum(header) !== 0, "checksum", "ipv4", "its checksum is wrong"),
    ...fragmentFlaws("ipv4", layer, body),
  ];
}

/** ::ffff:0:0/96. */
function isMapped(address: IpAddress): boolean {
  const bytes = ipToBytes(address);
  return bytes.every((byte, index) => index >= 12 || byte === (index < 10 ? 0 : 0xff));
}

/** Bytes from `offset` to the end that the IPv6 header announces. */
function lengthBehind(places: readonly Place[], offset: number): number {
  const ip = places.find(({ layer }) => layer.kind === "ipv6");
  if (ip?.layer.kind !== "ipv6") return 0;
  return ip.offset + 40 + ip.layer.payloadLength - offset;
}

interface Fragment {
  readonly moreFragments: boolean;
  readonly fragmentOffset: number;
}

/** What no host can put together: RFC 791 section 3.2, RFC 8200 section 4.5. */
function fragmentFlaws(
  layer: string,
  { moreFragments, fragmentOffset }: Fragment,
  body: number,
): readonly Flaw[] {
  const isFragment = moreFragments || fragmentOffset > 0;
  const odd = `its ${String(body)} bytes end in the middle of 8`;
  return [
    ...flawIf(moreFragments && body % 8 !== 0, "fragment", layer, odd),
    ...flawIf(
      isFragment && fragmentOffset + body > 0xffff,
      "fragment",
      layer,
      "it ends beyond 65535 bytes",
    ),
  ];
}

function flawIf(wrong: boolean, kind: FlawKind, layer: string, reason: string): readonly Flaw[] {
  return wrong ? [{ kind, layer, reason }] : [];
}
