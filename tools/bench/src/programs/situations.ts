import type { InterfaceIndex, IpFamily } from "@heddle/contracts";
import type { TcpFlag } from "@heddle/packet";
import type { Program } from "libbpf-napi";
import {
  advertisement,
  arpReply,
  arpRequest,
  arpSenderOffset,
  type Asking,
  flowPacket,
  type Hop,
  portOffset,
  solicitation,
  type TransportName,
  type Variation,
  withChecksum,
} from "./frames.ts";
import type { Datapath, Leaving } from "./objects.ts";
import type { Verdict } from "./outcome.ts";
import type { Hook, Rewind, Spread } from "./rewind.ts";
import { gateway, gatewayMac, peer, remotePod, type Scene } from "./scene.ts";
import { somePort, tunnelBytes, tunnelPacket, tunnelPort } from "./tunnel-frames.ts";

/** What situations are made of. */
export interface World {
  readonly scene: Scene;
  /** The programs by how packets leave the node; fresh ones decide every packet anew, others remember flows for good. */
  readonly datapath: (leaving: Leaving, isFresh: boolean) => Promise<Datapath>;
  readonly rewind: Rewind;
}

/** A program, the packets that it gets, and what has to become of them. */
export interface Situation {
  readonly program: Program;
  readonly hook: Hook;
  /** The device that the packets are at. */
  readonly ifindex: InterfaceIndex;
  /** A packet as it comes. */
  before(variation: Variation): Uint8Array;
  readonly verdict: Verdict;
  /** The same packet as the program leaves it; `seen` is what was left, for what is nobody's to choose. */
  after(variation: Variation, seen: Uint8Array): Uint8Array;
  /** Where the variation lies in it. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** What the test with many flows varies. */
  readonly spread: Spread;
  /** What the packets answer. */
  readonly asked?: Situation;
}

/** One leg of a packet's way, as a program sees it. */
interface Leg {
  readonly program: "fromPod" | "toPod" | "fromNet";
  readonly ifindex: InterfaceIndex;
  readonly before: Hop;
  readonly verdict: Verdict;
  /** What the program changes. */
  readonly change: Partial<Hop>;
}

const legs = {
  "same-node": ({ web, db }: Scene, family: IpFamily): Leg => ({
    program: "fromPod",
    ifindex: web.ifindex,
    before: fromPod(web, web, db.address, family),
    verdict: "redirect",
    change: { sourceMac: gatewayMac, destinationMac: db.mac, ttl: 63 },
  }),
  // The MAC addresses are written after the program, by the kernel.
  "other-node": ({ web }: Scene, family: IpFamily): Leg => ({
    program: "fromPod",
    ifindex: web.ifindex,
    before: fromPod(web, web, remotePod, family),
    verdict: "redirect",
    change: { ttl: 63 },
  }),
  "from-node": ({ node, web }: Scene, family: IpFamily): Leg => ({
    program: "toPod",
    ifindex: web.ifindex,
    before: {
      sourceMac: gatewayMac,
      destinationMac: web.mac,
      source: node.address[family],
      destination: web.address[family],
    },
    verdict: "next",
    change: {},
  }),
  "from-network": ({ node, web, uplink }: Scene, family: IpFamily): Leg => ({
    program: "fromNet",
    ifindex: uplink,
    before: {
      sourceMac: peer.mac,
      destinationMac: node.mac,
      source: remotePod[family],
      destination: web.address[family],
    },
    verdict: "redirect",
    change: { sourceMac: gatewayMac, destinationMac: web.mac, ttl: 63 },
  }),
  spoofed: ({ web, db }: Scene, family: IpFamily): Leg => ({
    program: "fromPod",
    ifindex: web.ifindex,
    before: fromPod(web, db, remotePod, family),
    verdict: "drop",
    change: {},
  }),
} as const;

type LegName = keyof typeof legs;

function fromPod(
  sender: Scene["web"],
  claimed: Scene["web"],
  destination: typeof remotePod,
  family: IpFamily,
): Hop {
  return {
    sourceMac: sender.mac,
    destinationMac: gatewayMac,
    source: claimed.address[family],
    destination: destination[family],
  };
}

export type Maker = (world: World) => Promise<Situation>;

/** Packets of flows that the program knows, or drops. */
function flow(name: LegName, protocol: TransportName, family: IpFamily): Maker {
  return async ({ scene, datapath }) =>
    situationOf(legs[name](scene, family), protocol, await datapath("direct", false), known);
}

/** The first packet of each flow. */
function first(name: LegName, protocol: TransportName, family: IpFamily): Maker {
  return async ({ scene, datapath }) =>
    situationOf(legs[name](scene, family), protocol, await datapath("direct", true), opening);
}

/** Packets of flows that are known, and those that begin one. */
const known: Kind = { spread: "flows", flag: "ack" };
const opening: Kind = { spread: "new", flag: "syn" };

interface Kind {
  readonly spread: Spread;
  readonly flag: TcpFlag;
}

function situationOf(
  { program, ifindex, before, verdict, change }: Leg,
  protocol: TransportName,
  datapath: Datapath,
  { spread, flag }: Kind,
): Situation {
  const low = portOffset(before.source.includes(":") ? 6 : 4);
  return {
    program: datapath[program],
    hook: program === "toPod" ? "egress" : "ingress",
    ifindex,
    before: (variation) => flowPacket(before, protocol, variation, [flag]),
    verdict,
    after: (variation) => flowPacket({ ...before, ...change }, protocol, variation, [flag]),
    low,
    high: low + 2,
    spread,
  };
}

/** To another node's pod, into a tunnel over IPv4. */
function intoTunnel(protocol: TransportName, kind: Kind): Maker {
  return async ({ scene, datapath }) => {
    const { node, web } = scene;
    const programs = await datapath("geneve", kind === opening);
    const hop = fromPod(web, web, remotePod, 4);
    const outer = { ...hop, source: node.address[4], destination: peer.address[4] };
    return {
      ...situationOf(legs["other-node"](scene, 4), protocol, programs, kind),
      after: (variation, seen) => {
        const inner = flowPacket({ ...hop, ttl: 63 }, protocol, variation, [kind.flag]);
        return tunnelPacket(outer, tunnelPort(seen), inner);
      },
    };
  };
}

/** From another node's pod, out of a tunnel over IPv4. */
function outOfTunnel(protocol: TransportName, kind: Kind): Maker {
  return async ({ scene, datapath }) => {
    const { node, web, uplink } = scene;
    const programs = await datapath("geneve", kind === opening);
    const link = { sourceMac: peer.mac, destinationMac: node.mac };
    const outer = { ...link, source: peer.address[4], destination: node.address[4] };
    const ends = { source: remotePod[4], destination: web.address[4] };
    const inner: Hop = { sourceMac: peer.mac, destinationMac: gatewayMac, ...ends, ttl: 63 };
    const leg: Leg = {
      program: "fromNet",
      ifindex: uplink,
      before: inner,
      verdict: "redirect",
      change: { sourceMac: gatewayMac, destinationMac: web.mac, ttl: 62 },
    };
    const situation = situationOf(leg, protocol, programs, kind);
    const low = tunnelBytes + portOffset(4);
    return {
      ...situation,
      before: (variation) => tunnelPacket(outer, somePort, situation.before(variation)),
      low,
      high: low + 2,
    };
  };
}

/** To the outside, with the node's address. */
function masqueraded(protocol: TransportName, family: IpFamily, kind: Kind): Maker {
  return async ({ scene, datapath }) => {
    const programs = await datapath("masquerade", kind === opening);
    return masqueradedBy(programs, scene, protocol, family, kind);
  };
}

function masqueradedBy(
  programs: Datapath,
  scene: Scene,
  protocol: TransportName,
  family: IpFamily,
  kind: Kind,
): Situation {
  const leg = legs["other-node"](scene, family);
  const change = { ...leg.change, source: scene.node.address[family] };
  const situation = situationOf({ ...leg, change }, protocol, programs, kind);
  return {
    ...situation,
    after: (variation, seen) =>
      withChecksum(situation.after(variation, seen), seen, protocol, family),
  };
}

/** The ports as they are in an answer. */
const turned = ({ low, high }: Variation): Variation => ({ low: high, high: low });

/** Answers from the outside to the node's address, which go to the pod. */
function answered(protocol: TransportName, family: IpFamily): Maker {
  return async ({ scene, datapath }) => {
    const { node, web, uplink } = scene;
    const programs = await datapath("masquerade", false);
    const before: Hop = {
      sourceMac: peer.mac,
      destinationMac: node.mac,
      source: remotePod[family],
      destination: node.address[family],
    };
    const mac = { sourceMac: gatewayMac, destinationMac: web.mac };
    const after: Hop = { ...before, ...mac, destination: web.address[family], ttl: 63 };
    return {
      program: programs.fromNet,
      hook: "ingress",
      ifindex: uplink,
      before: (variation) => flowPacket(before, protocol, turned(variation)),
      verdict: "redirect",
      after: (variation, seen) =>
        withChecksum(flowPacket(after, protocol, turned(variation)), seen, protocol, family),
      low: portOffset(family) + 2,
      high: portOffset(family),
      spread: "flows",
      asked: masqueradedBy(programs, scene, protocol, family, known),
    };
  };
}

/** A pod asks for its gateway; what varies is who asks. */
function asking(family: IpFamily): Maker {
  return async ({ scene: { web }, datapath }) => {
    const party: Asking = { podMac: web.mac, gatewayMac, gateway: gateway[family] };
    const [request, reply] = family === 4 ? [arpRequest, arpReply] : [solicitation, advertisement];
    return {
      program: (await datapath("direct", false)).fromPod,
      hook: "ingress",
      ifindex: web.ifindex,
      before: (variation) => request(party, variation),
      verdict: "redirect",
      after: (variation) => reply(party, variation),
      // The checksum of a solicitation covers who asks, so that one alone does.
      low: family === 4 ? arpSenderOffset : undefined,
      high: undefined,
      spread: family === 4 ? "flows" : "hot",
    };
  };
}

/** A program to compare with, given what passes between two pods of the node. */
function reference(
  name: string,
  verdict: Verdict,
  change: (scene: Scene) => Partial<Hop>,
  resize: (frame: Uint8Array) => Uint8Array = (frame) => frame,
): Maker {
  return async ({ scene, datapath, rewind }) => {
    const leg: Leg = { ...legs["same-node"](scene, 4), verdict, change: change(scene) };
    const situation = situationOf(leg, "tcp", await datapath("direct", false), known);
    return {
      ...situation,
      program: rewind.object.program(name),
      after: (variation, seen) => resize(situation.after(variation, seen)),
    };
  };
}

const toDb = ({ db }: Scene): Partial<Hop> => ({ sourceMac: gatewayMac, destinationMac: db.mac });
const untouched = (): Partial<Hop> => ({});

/** Room behind the Ethernet header, as the kernel makes it. */
function grown(frame: Uint8Array): Uint8Array {
  return Buffer.concat([frame.subarray(0, 14), new Uint8Array(tunnelBytes), frame.subarray(14)]);
}

function shrunk(frame: Uint8Array): Uint8Array {
  return Buffer.concat([frame.subarray(0, 14), frame.subarray(14 + tunnelBytes)]);
}

/** How each contestant is set up, by its name. */
export const situations: Readonly<Record<string, Maker>> = {
  "same-node-tcp4": flow("same-node", "tcp", 4),
  "same-node-udp4": flow("same-node", "udp", 4),
  "same-node-tcp6": flow("same-node", "tcp", 6),
  "same-node-udp6": flow("same-node", "udp", 6),
  "other-node-tcp4": flow("other-node", "tcp", 4),
  "other-node-tcp6": flow("other-node", "tcp", 6),
  "from-network-tcp4": flow("from-network", "tcp", 4),
  "from-network-tcp6": flow("from-network", "tcp", 6),
  "from-node-tcp4": flow("from-node", "tcp", 4),
  "from-node-tcp6": flow("from-node", "tcp", 6),
  "first-same-node-tcp4": first("same-node", "tcp", 4),
  "first-same-node-tcp6": first("same-node", "tcp", 6),
  "first-other-node-tcp4": first("other-node", "tcp", 4),
  "first-other-node-tcp6": first("other-node", "tcp", 6),
  "first-from-network-tcp4": first("from-network", "tcp", 4),
  "first-from-network-tcp6": first("from-network", "tcp", 6),
  "geneve-out-tcp4": intoTunnel("tcp", known),
  "geneve-out-udp4": intoTunnel("udp", known),
  "geneve-in-tcp4": outOfTunnel("tcp", known),
  "geneve-in-udp4": outOfTunnel("udp", known),
  "first-geneve-out-tcp4": intoTunnel("tcp", opening),
  "first-geneve-in-tcp4": outOfTunnel("tcp", opening),
  "masquerade-out-tcp4": masqueraded("tcp", 4, known),
  "masquerade-out-tcp6": masqueraded("tcp", 6, known),
  "masquerade-back-tcp4": answered("tcp", 4),
  "masquerade-back-tcp6": answered("tcp", 6),
  "first-masquerade-out-tcp4": masqueraded("tcp", 4, opening),
  "first-masquerade-out-tcp6": masqueraded("tcp", 6, opening),
  "spoofed-tcp4": flow("spoofed", "tcp", 4),
  "spoofed-tcp6": flow("spoofed", "tcp", 6),
  arp: asking(4),
  ndp: asking(6),
  empty: reference("empty_ingress", "next", untouched),
  redirect: reference("redirect", "redirect", untouched),
  grow: reference("grow", "next", untouched, grown),
  shrink: reference("shrink", "next", untouched, shrunk),
  "hash-redirect": reference("hash_redirect", "redirect", toDb),
  "lru-redirect": reference("lru_redirect", "redirect", toDb),
};
