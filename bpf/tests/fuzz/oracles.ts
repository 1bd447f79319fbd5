import {
  findFlaws,
  findLandmarks,
  forwardedProblem,
  type Oracle,
  type Run,
} from "@heddle-tools/fuzz";
import {
  type IpAddress,
  ipFamilies,
  type MacAddress,
  macFromBytes,
  macToBytes,
  parseIp,
  parsePrefix,
  prefixContains,
} from "@heddle/contracts";
import { type Ipv6Fragment, type Layer, parsePacket, verifyChecksums } from "@heddle/packet";
import { gatewayMac, type Scene, type ScenePod } from "../scene.ts";
import type { TunnelScene } from "../tunnel-scene.ts";
import { addressesOf, addressPlace } from "./addresses.ts";
import { forwarding } from "./forwarding.ts";
import { sentProblem } from "./tunnel-entry.ts";

const gateways: ReadonlySet<IpAddress> = new Set(
  ["169.254.1.1", "fe80::1"].map((text) => parseIp(text)),
);

/** What of a frame decides whether it may go on. */
interface Ends {
  readonly sourceMac: MacAddress;
  readonly destinationMac: MacAddress;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** The ends of an IP packet; undefined of a frame that is none, or not whole. */
function endsOf(frame: Uint8Array): Ends | undefined {
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const { start, size } = addressPlace(frame);
  if (etherType !== 0x0800 && etherType !== 0x86dd) return undefined;
  if (frame.length < start + 2 * size) return undefined;
  return {
    destinationMac: macFromBytes(frame, 0),
    sourceMac: macFromBytes(frame, 6),
    ...addressesOf(frame),
  };
}

const prefixes = (...texts: readonly string[]) => texts.map((text) => parsePrefix(text));

/** On no network as a source (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5): never from outside. */
const martians = prefixes("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32").concat(
  prefixes("::/128", "::1/128", "ff00::/8", "fe80::/10"),
);
/** Nothing that a router forwards to. */
const unroutable = martians.concat(prefixes("169.254.1.1/32"));

function isIn(address: IpAddress, of: readonly ReturnType<typeof parsePrefix>[]): boolean {
  return of.some((prefix) => prefixContains(prefix, address));
}

function hasAddress(pod: ScenePod, address: IpAddress): boolean {
  return ipFamilies.some((family) => pod.address[family] === address);
}

function podOf(scene: Scene, address: IpAddress): ScenePod | undefined {
  return [scene.web, scene.db].find((pod) => hasAddress(pod, address));
}

/** Nothing that a pod sends goes on unless it is the pod's own, to the gateway, and to where a router forwards to. */
export function podsSpeakForThemselves(scene: Scene): Oracle {
  return {
    name: "pods speak for themselves alone",
    judge(run) {
      if (run.verdict === "dropped") return undefined;
      if (run.verdict === "redirected" && forwarding(run) === "answered") return undefined;
      const ends = endsOf(run.frame);
      const pod = [scene.web, scene.db].find(({ ifindex }) => ifindex === run.context.ifindex);
      if (ends === undefined || pod === undefined) return "it is no packet of a pod";
      if (!hasAddress(pod, ends.source)) return `it went on from ${ends.source}`;
      if (ends.sourceMac !== pod.mac) return `it went on from ${ends.sourceMac}`;
      if (ends.destinationMac !== gatewayMac) return `it went on, to ${ends.destinationMac}`;
      if (isIn(ends.destination, unroutable)) return `it went on to ${ends.destination}`;
      return undefined;
    },
  };
}

/** What comes from the network and goes past the kernel is for a pod of the node, and from nobody who is here. */
export function networkIsOutside(scene: Scene): Oracle {
  return {
    name: "the network is outside",
    judge(run) {
      if (run.verdict !== "redirected") return undefined;
      const ends = endsOf(run.frame);
      if (ends === undefined) return "it is no IP packet";
      if (ends.destinationMac !== scene.uplinkMac) return `it was for ${ends.destinationMac}`;
      if (podOf(scene, ends.destination) === undefined) return `it went to ${ends.destination}`;
      if (podOf(scene, ends.source) !== undefined) return "it comes from a pod of this node";
      if (gateways.has(ends.source) || isIn(ends.source, martians))
        return `it comes from ${ends.source}`;
      return undefined;
    },
  };
}

/** What the stack sends into a pod is for that pod; what says to be of another came by that one's device. */
export function podsGetTheirOwn(scene: Scene): Oracle {
  return {
    name: "pods get what is theirs",
    judge(run) {
      if (run.verdict === "dropped" || isArp(run) || isLinkControl(run)) return undefined;
      const ends = endsOf(run.frame);
      const pod = [scene.web, scene.db].find(({ ifindex }) => ifindex === run.context.ifindex);
      if (ends === undefined || pod === undefined) return "it is no packet for a pod";
      if (!hasAddress(pod, ends.destination)) return `it was for ${ends.destination}`;
      const sender = podOf(scene, ends.source);
      if (sender !== undefined && sender.ifindex !== run.context.ingressIfindex)
        return `it says to be of the pod ${ends.source}`;
      return undefined;
    },
  };
}

export function isArp({ frame }: Run): boolean {
  return frame[12] === 0x08 && frame[13] === 0x06;
}

/** Neighbour discovery or multicast listener discovery, behind any extension headers. */
function isLinkControl({ frame }: Run): boolean {
  const { family, protocol, transport } = findLandmarks(frame);
  if (family !== 6 || protocol !== 58 || !linkControlTypes.has(frame[transport] ?? 0)) return false;
  const fragment = parsePacket(frame, { linkType: "ethernet" }).layers.find(isFragment);
  return fragment === undefined || (fragment.fragmentOffset === 0 && !fragment.moreFragments);
}

/** RFC 4861, 2710, 3810. */
const linkControlTypes: ReadonlySet<number> = new Set([
  130, 131, 132, 133, 134, 135, 136, 137, 143,
]);

const isFragment = (layer: Layer): layer is Ipv6Fragment => layer.kind === "ipv6-fragment";

/** A redirected frame is an answer that is right, or one hop further and nothing else; it goes into tunnels where there are any. */
export function rewritesRight(scene: Scene, tunnels?: TunnelScene): Oracle {
  return {
    name: "what is forwarded is one hop further",
    judge(run) {
      if (run.verdict !== "redirected") return undefined;
      const way = forwarding(run);
      if (way === "answered") return answerProblem(scene, run);
      if (tunnels !== undefined && way !== "toPod") return sentProblem(tunnels, run);
      if (way === "toTunnel") return "it went into a tunnel";
      if (way === "toNeighbour") return forwardedProblem(run, undefined);
      const ends = endsOf(run.frame);
      const pod = ends && podOf(scene, ends.destination);
      if (pod === undefined) return "it went to a pod that is not here";
      const source = macToBytes(gatewayMac);
      return forwardedProblem(run, { destination: macToBytes(pod.mac), source });
    },
  };
}

/**
 * An answer has no mistake, goes to who asked, and says where the gateway is to whoever asked for it, or for another pod
 * of the node.
 */
function answerProblem(scene: Scene, { frame, after, context }: Run): string | undefined {
  const isBehindGateway = (target: IpAddress): boolean => {
    const pod = podOf(scene, target);
    return gateways.has(target) || (pod !== undefined && pod.ifindex !== context.ifindex);
  };
  const answer = parsePacket(after, { linkType: "ethernet" });
  const [flaw] = findFlaws(after);
  if (flaw !== undefined) return `of the answer's ${flaw.layer} ${flaw.reason}`;
  const wrong = verifyChecksums(answer).find(({ verdict }) => verdict !== "correct");
  if (wrong !== undefined) return `the answer's checksum of ${wrong.kind} is ${wrong.verdict}`;
  if (macFromBytes(after, 0) !== macFromBytes(frame, 6)) return "it is for another than asked";
  const said = answer.layers.at(-1);
  const asked = parsePacket(frame, { linkType: "ethernet" }).layers.at(-1);
  if (said?.kind === "arp" && asked?.kind === "arp") {
    if (asked.operation !== "request" || !isBehindGateway(asked.targetIp)) return "nobody asked";
    const right = said.operation === "reply" && said.senderMac === gatewayMac;
    return right && said.senderIp === asked.targetIp ? undefined : "it says something else";
  }
  if (said?.kind !== "icmpv6" || asked?.kind !== "icmpv6") return "it is no answer";
  if (said.type !== "neighbor-advertisement" || asked.type !== "neighbor-solicitation")
    return "it answers something else";
  return isBehindGateway(said.target) && said.target === asked.target ? undefined : "nobody asked";
}
