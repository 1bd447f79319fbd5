import {
  allowsNothingMalformed,
  type FuzzTarget,
  leavesUntouched,
  type Leniency,
  type Random,
  type Run,
  type Traffic,
  validFrame,
  type Verdict,
} from "@heddle-tools/fuzz";
import {
  type InterfaceIndex,
  type IpAddress,
  ipFamilies,
  type IpFamily,
  type MacAddress,
  parseIp,
  parseMac,
} from "@heddle/contracts";
import { Hook } from "@heddle/datapath";
import { parsePacket } from "@heddle/packet";
import {
  absentPod,
  gatewayMac,
  narrow,
  node,
  outside,
  peer,
  remotePod,
  type Scene,
  silent,
} from "../scene.ts";
import { third, thirdPod, type TunnelScene } from "../tunnel-scene.ts";
import { capturedFrames, onLink } from "./captured.ts";
import { counterLedger, connectionLedger } from "./ledgers.ts";
import {
  isArp,
  networkIsOutside,
  podsGetTheirOwn,
  podsSpeakForThemselves,
  rewritesRight,
} from "./oracles.ts";

/** `TC_ACT_UNSPEC`, `TC_ACT_SHOT`, `TC_ACT_REDIRECT` of linux/pkt_cls.h. */
export const verdicts: Readonly<Record<number, Verdict>> = {
  [-1]: "passed",
  2: "dropped",
  7: "redirected",
};

/** What all programs of the node let go on. */
export const lenient: readonly Leniency[] = [
  {
    flaw: "first-fragment",
    why: "fragments are known by their addresses alone; whoever puts them together sees the whole header",
  },
  {
    flaw: "checksum",
    why: "whoever the packet is for verifies it: the TTL's change leaves a wrong sum as wrong as it was (RFC 1624)",
  },
];

type Pair = Readonly<Record<IpFamily, IpAddress>>;

export function both(...pairs: readonly Pair[]): readonly IpAddress[] {
  return pairs.flatMap((pair) => ipFamilies.map((family) => pair[family]));
}

export function often<T>(item: T, ...others: readonly T[]): readonly T[] {
  return [...Array.from({ length: 9 * Math.max(others.length, 1) }, () => item), ...others];
}

export const strangerMac: MacAddress = parseMac("02:00:00:00:00:99");
export const broadcast: MacAddress = parseMac("ff:ff:ff:ff:ff:ff");

export const nowhere: readonly IpAddress[] = [
  "224.0.0.251",
  "169.254.1.1",
  "0.1.2.3",
  "127.0.0.1",
  "255.255.255.255",
]
  .concat("ff02::fb", "fe80::1", "fe80::77", "::", "::1")
  .map((text) => parseIp(text));

/** A frame that was captured, or a made one. */
function beginning(random: Random, captured: readonly Uint8Array[], traffic: Traffic): Uint8Array {
  return random.chance(0.3) ? random.pick(captured) : validFrame(random, traffic);
}

/**
 * Whether the packet went on, or a way for it was found at least: a buffer that a device would cut up in two ways at once
 * does not get into a tunnel.
 */
export function findsWay({ verdict, context }: Run): boolean {
  return verdict !== "dropped" || (context.gsoSize ?? 0) > 0;
}

/** What pods of the scene send; where its node has tunnels, also to the pods at their other ends. */
export function fromPod(scene: Scene, tunnels?: TunnelScene): FuzzTarget {
  const { web, db } = scene;
  const own = both(web.address);
  const traffic: Traffic = {
    sourceMacs: often(web.mac, strangerMac),
    destinationMacs: often(gatewayMac, strangerMac, broadcast),
    sources: [...own, ...own, ...own, ...own, ...own, ...own, ...both(db.address, outside)],
    destinations: [
      ...both(db.address, remotePod, outside, peer, node, absentPod, narrow, silent, web.address),
      ...both(db.address, remotePod, outside),
      ...(tunnels === undefined ? [] : both(remotePod, thirdPod, thirdPod, remotePod, third)),
      ...nowhere,
    ],
  };
  const captured = capturedFrames("sent");
  return {
    name: "from_pod",
    program: scene.program("fromPod"),
    netns: scene.netns.path,
    contexts: often({ ifindex: web.ifindex }, { ifindex: db.ifindex }),
    validFrame: (random) => beginning(random, captured, traffic),
    verdicts,
    remembers: isOfMany,
    oracles: [
      allowsNothingMalformed({ allows: ["passed", "redirected"], lenient }),
      leavesUntouched,
      podsSpeakForThemselves(scene),
      rewritesRight(scene, tunnels),
    ],
    ledgers: [
      counterLedger(scene, Hook.fromPod),
      connectionLedger(scene, {
        maySend: new Set(both(web.address, db.address)),
        ...(tunnels === undefined ? {} : { leavesEntry: findsWay }),
      }),
    ],
  };
}

/** What the node's stack sends to pods. */
export function toPod(scene: Scene): FuzzTarget {
  const { web, db, uplink } = scene;
  const traffic: Traffic = {
    sourceMacs: often(gatewayMac, strangerMac),
    destinationMacs: often(web.mac, strangerMac),
    sources: both(remotePod, outside, node, db.address, peer, web.address),
    destinations: [
      ...Array.from({ length: 8 }, () => both(web.address)).flat(),
      ...both(db.address),
    ],
  };
  const at = (ingressIfindex: InterfaceIndex) => ({ ifindex: web.ifindex, ingressIfindex });
  const captured = capturedFrames("received");
  return {
    name: "to_pod",
    program: scene.program("toPod"),
    netns: scene.netns.path,
    contexts: [
      at(uplink),
      at(uplink),
      at(db.ifindex),
      { ifindex: web.ifindex },
      { ifindex: db.ifindex },
    ],
    validFrame: (random) => beginning(random, captured, traffic),
    verdicts,
    remembers: isOfMany,
    oracles: [
      // The node's own stack makes ARP; it is never forwarded.
      allowsNothingMalformed({ allows: ["passed", "redirected"], lenient, ignores: isArp }),
      leavesUntouched,
      podsGetTheirOwn(scene),
      rewritesRight(scene),
    ],
    ledgers: [counterLedger(scene, Hook.toPod), connectionLedger(scene)],
  };
}

/** What the network sends to the node. */
export function fromNet(scene: Scene): FuzzTarget {
  const { web, db } = scene;
  const traffic: Traffic = {
    sourceMacs: [strangerMac],
    destinationMacs: often(scene.uplinkMac, strangerMac, broadcast),
    sources: [
      ...Array.from({ length: 6 }, () => both(remotePod, outside, peer)).flat(),
      ...both(web.address, node),
      ...nowhere,
    ],
    destinations: both(web.address, db.address, web.address, db.address, node, absentPod),
  };
  const captured = onLink(capturedFrames("received"), scene.uplinkMac, strangerMac);
  return {
    name: "from_net",
    program: scene.program("fromNet"),
    netns: scene.netns.path,
    contexts: [{ ifindex: scene.uplink }],
    validFrame: (random) => beginning(random, captured, traffic),
    verdicts,
    remembers: isOfMany,
    oracles: [
      // What is passed on the kernel's own receive path judges, and what that forwards to a pod meets to_pod.
      allowsNothingMalformed({ allows: ["redirected"], lenient }),
      leavesUntouched,
      networkIsOutside(scene),
      rewritesRight(scene),
    ],
    ledgers: [counterLedger(scene, Hook.fromNet), connectionLedger(scene)],
  };
}

/**
 * Whether what becomes of it is a matter of the packets before: of the datagram that a fragment is of, and of who asked
 * whom by ICMP.
 */
export function isOfMany({ frame }: Pick<Run, "frame">): boolean {
  const { layers } = parsePacket(frame, { linkType: "ethernet" });
  return layers.some((layer) => {
    if (layer.kind === "ipv4") return layer.moreFragments || layer.fragmentOffset > 0;
    return layer.kind === "ipv6-fragment" || layer.kind === "icmp" || layer.kind === "icmpv6";
  });
}

/** What leaves the node. */
export function toNet(scene: Scene): FuzzTarget {
  const traffic: Traffic = {
    sourceMacs: [scene.uplinkMac],
    destinationMacs: [strangerMac],
    sources: both(scene.web.address, node),
    destinations: both(remotePod, outside, peer),
  };
  const captured = onLink(capturedFrames("sent"), strangerMac, scene.uplinkMac);
  return {
    name: "to_net",
    program: scene.program("toNet"),
    netns: scene.netns.path,
    contexts: [{ ifindex: scene.uplink }],
    validFrame: (random) => beginning(random, captured, traffic),
    verdicts,
    // It counts, and decides nothing: what leaves was judged where it came in.
    oracles: [leavesUntouched],
    ledgers: [counterLedger(scene, Hook.toNet), connectionLedger(scene)],
  };
}
