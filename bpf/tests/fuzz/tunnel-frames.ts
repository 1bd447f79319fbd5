import {
  findLandmarks,
  mutate,
  type Random,
  type Traffic,
  validFrame,
  word,
} from "@heddle-tools/fuzz";
import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { genevePort } from "@heddle/encap-geneve";
import { concatBytes, internetChecksum, parsePacket } from "@heddle/packet";
import { node, outside, peer } from "../scene.ts";
import { type Outer, third, type TunnelScene } from "../tunnel-scene.ts";

/** Where the parts of a tunnelled frame begin, in bytes, as far as its headers are to be believed. */
export interface TunnelMarks {
  readonly udp: number;
  /** Behind the Geneve header and its options. */
  readonly contents: number;
  /** The EtherType of the contents; 0x6558 of a frame. */
  readonly protocol: number;
}

const frameProtocol = 0x6558;

/** Undefined of a frame that is none of a tunnel. */
export function findTunnel(frame: Uint8Array): TunnelMarks | undefined {
  const { protocol, transport: udp } = findLandmarks(frame);
  if (protocol !== 17 || frame.length < udp + 16 || word(frame, udp + 2) !== genevePort)
    return undefined;
  const contents = udp + 16 + 4 * ((frame[udp + 8] ?? 0) & 0x3f);
  return { udp, contents, protocol: word(frame, udp + 10) };
}

/** Where the IP packet in the tunnel begins, and which it is by its EtherType. */
export function findInnerIp(
  frame: Uint8Array,
  { contents, protocol }: TunnelMarks,
): { readonly offset: number; readonly etherType: number } {
  return protocol === frameProtocol
    ? { offset: contents + 14, etherType: word(frame, contents + 12) }
    : { offset: contents, etherType: protocol };
}

type Options = NonNullable<NonNullable<Outer["geneve"]>["options"]>;

const optionChoices: readonly Options[] = [
  [],
  [{ type: "cluster-id", clusterId: 3 }],
  [{ type: 5, class: 0x0102 }],
  [
    { type: "cluster-id", clusterId: 3 },
    { type: 5, class: 0x0102 },
  ],
  [{ type: "dsr-ipv4", address: parseIpv4("203.0.113.9"), port: 80 }],
  [{ type: "dsr-ipv6", address: parseIpv6("2001:db8::9"), port: 80 }],
];

const strangeOptions: readonly Options[] = [
  [{ type: 0x85, class: 0x0102 }],
  [{ type: "cluster-id", clusterId: 0 }],
  [
    { type: "cluster-id", clusterId: 3 },
    { type: "cluster-id", clusterId: 4 },
  ],
  Array.from({ length: 63 }, () => ({ type: 5, class: 0x0102 })),
];

/** A frame of a tunnel whose headers are right, though not always such that an end believes them. */
export function tunnelledFrame(random: Random, tunnels: TunnelScene, traffic: Traffic): Uint8Array {
  const inner = parsePacket(validFrame(random, traffic), { linkType: "ethernet" });
  const [, ip] = inner.layers;
  const isBare = random.chance(0.15) && (ip?.kind === "ipv4" || ip?.kind === "ipv6");
  const protocol = isBare ? ip.kind : "transparent-ethernet-bridging";
  const contents = isBare ? { ...inner, layers: inner.layers.slice(1) } : inner;
  const source = random.chance(0.85) ? peer : random.pick([third, third, outside, node]);
  const ports = { sourcePort: 50_000 + random.below(1000), destinationPort: genevePort };
  return tunnels.tunnelled(contents, {
    source: source[tunnels.underlay],
    destination: node[tunnels.underlay],
    ecn: random.chance(0.8) ? 0 : random.below(4),
    udp: { ...ports, ...(random.chance(0.7) ? { checksum: 0 } : {}) },
    geneve: {
      vni: random.chance(0.9) ? random.pick([2, 256, 300, 0xff_ffff]) : random.below(256),
      protocol,
      control: random.chance(0.02),
      options: random.pick(random.chance(0.9) ? optionChoices : strangeOptions),
    },
  });
}

/** Mistakes around the tunnel, in its header, or in what it carries, around which everything then is right again. */
export function mutateTunnelled(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const marks = findTunnel(frame);
  if (marks === undefined || random.chance(0.3)) return mutate(frame, other, random);
  const { udp, contents, protocol } = marks;
  if (random.chance(0.3) || protocol !== frameProtocol) {
    const changed = frame.slice();
    for (let left = 1 + random.below(3); left > 0; left--)
      changed[udp + 4 + random.below(contents + 14 - udp - 4)] = random.below(256);
    return changed;
  }
  const rest = (of: Uint8Array) => of.subarray(findTunnel(of)?.contents ?? 0);
  const inner = mutate(rest(frame), rest(other), random);
  const changed = concatBytes(frame.subarray(0, contents), inner).subarray(0, longestFrame);
  return random.chance(0.9) ? withLengths(changed, marks) : changed;
}

/** As `mutate` has it. */
const longestFrame = 2048;

/** The outer headers as they have to be for the length that there is now; without an outer checksum. */
function withLengths(frame: Uint8Array, { udp }: TunnelMarks): Uint8Array {
  const { family, ip } = findLandmarks(frame);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint16(udp + 4, frame.length - udp);
  view.setUint16(udp + 6, 0);
  if (family === 6) {
    view.setUint16(ip + 4, frame.length - ip - 40);
  } else {
    view.setUint16(ip + 2, frame.length - ip);
    view.setUint16(ip + 10, 0);
    view.setUint16(ip + 10, internetChecksum(frame.subarray(ip, udp)));
  }
  return frame;
}
