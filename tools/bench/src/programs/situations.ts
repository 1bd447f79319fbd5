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
  ndpSenderOffset,
  portOffset,
  solicitation,
  type TransportName,
  type Variation,
} from "./frames.ts";
import type { Datapath } from "./objects.ts";
import type { Verdict } from "./outcome.ts";
import type { Hook, Rewind, Spread } from "./rewind.ts";
import { gateway, gatewayMac, peer, remotePod, type Scene } from "./scene.ts";

/** What situations are made of. */
export interface World {
  readonly scene: Scene;
  /** Remembers flows for good. */
  readonly settled: Datapath;
  /** Decides every packet anew. */
  readonly fresh: Datapath;
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
  /** The same packet as the program leaves it. */
  after(variation: Variation): Uint8Array;
  /** Where the variation lies in it. */
  readonly low: number;
  readonly high: number | undefined;
  /** What the test with many flows varies. */
  readonly spread: Spread;
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

type Maker = (world: World) => Situation;

/** Packets of flows that the program knows, or drops. */
function flow(name: LegName, protocol: TransportName, family: IpFamily): Maker {
  return ({ scene, settled }) =>
    situationOf(legs[name](scene, family), protocol, settled, "flows", "ack");
}

/** The first packet of each flow. */
function first(name: LegName, protocol: TransportName, family: IpFamily): Maker {
  return ({ scene, fresh }) =>
    situationOf(legs[name](scene, family), protocol, fresh, "new", "syn");
}

function situationOf(
  { program, ifindex, before, verdict, change }: Leg,
  protocol: TransportName,
  datapath: Datapath,
  spread: Spread,
  flag: TcpFlag,
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

/** A pod asks for its gateway; what varies is who asks. */
function asking(family: IpFamily): Maker {
  return ({ scene: { web }, settled }) => {
    const party: Asking = { podMac: web.mac, gatewayMac, gateway: gateway[family] };
    const [request, reply] = family === 4 ? [arpRequest, arpReply] : [solicitation, advertisement];
    return {
      program: settled.fromPod,
      hook: "ingress",
      ifindex: web.ifindex,
      before: (variation) => request(party, variation),
      verdict: "redirect",
      after: (variation) => reply(party, variation),
      low: family === 4 ? arpSenderOffset : ndpSenderOffset,
      high: undefined,
      spread: "flows",
    };
  };
}

/** A program to compare with, given what passes between two pods of the node. */
function reference(name: string, verdict: Verdict, change: (scene: Scene) => Partial<Hop>): Maker {
  return ({ scene, settled, rewind }) => {
    const leg: Leg = { ...legs["same-node"](scene, 4), verdict, change: change(scene) };
    return {
      ...situationOf(leg, "tcp", settled, "flows", "ack"),
      program: rewind.object.program(name),
    };
  };
}

const toDb = ({ db }: Scene): Partial<Hop> => ({ sourceMac: gatewayMac, destinationMac: db.mac });
const untouched = (): Partial<Hop> => ({});

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
  "spoofed-tcp4": flow("spoofed", "tcp", 4),
  "spoofed-tcp6": flow("spoofed", "tcp", 6),
  arp: asking(4),
  ndp: asking(6),
  empty: reference("empty_ingress", "next", untouched),
  redirect: reference("redirect", "redirect", untouched),
  "hash-redirect": reference("hash_redirect", "redirect", toDb),
  "lru-redirect": reference("lru_redirect", "redirect", toDb),
};
