import {
  findFlaws,
  findLandmarks,
  forwardedProblem,
  type Leniency,
  type Oracle,
  type Run,
  word,
} from "@heddle-tools/fuzz";
import {
  identity,
  type Identity,
  type IpAddress,
  ipFamilies,
  type MacAddress,
  macFromBytes,
  macToBytes,
} from "@heddle/contracts";
import { observe } from "@heddle/conntrack";
import { decapsulate, decapsulatedEcn, geneveProtocols } from "@heddle/encap-geneve";
import {
  concatBytes,
  internetChecksum,
  parsePacket,
  updateChecksum,
  verifyChecksums,
} from "@heddle/packet";
import { type AddressPair, gatewayMac, node, type Scene } from "../scene.ts";
import { findInnerIp, findTunnel, type TunnelMarks } from "./tunnel-frames.ts";
import { addressesOf } from "./addresses.ts";
import { isOfMany } from "./targets.ts";
import { nodeAt, nodeOf } from "./tunnel-entry.ts";

/** Extension headers of IPv6 that the programs look through. */
const mostExtensions = 8;

/** What becomes of a frame that came in a tunnel. One that is damaged, as others find out later, may be dropped as well. */
type Fate =
  | { readonly kind: "dropped"; readonly why: string }
  /** To the end of the tunnel itself, as it came. */
  | { readonly kind: "control"; readonly isDamaged: boolean }
  /** Out of the tunnel: this frame is what the rest of the program sees. */
  | { readonly kind: "out"; readonly frame: Uint8Array; readonly isDamaged: boolean };

/** Bytes of a UDP header, which is the least that its length says. */
const udpHeader = 8;

/** Whether a UDP length means up to the end (RFC 2675), of which the programs make nothing. */
function isJumbogram(length: number, family: number): boolean {
  return family === 6 && length === 0;
}

/** Whether the frame is of a tunnel to this end. */
function isTunnelled({ frame, context }: Run, mac: MacAddress, own: AddressPair): boolean {
  const marks = findTunnel(frame);
  if (marks === undefined || macFromBytes(frame, 0) !== mac) return false;
  const { extensions, family } = findLandmarks(frame);
  const length = word(frame, marks.udp + 4);
  if (length < udpHeader && !isJumbogram(length, family)) return false;
  if (extensions.length > mostExtensions || isFragment(frame)) return false;
  // The outer IPv4 checksum is for the end of the tunnel to verify.
  const flaws = findFlaws(frame, context.gsoSize).filter(({ kind }) => kind !== "checksum");
  const { destination } = addressesOf(frame);
  return flaws.length === 0 && ipFamilies.some((which) => own[which] === destination);
}

function isFragment(frame: Uint8Array): boolean {
  return parsePacket(frame, { linkType: "ethernet" }).layers.some(
    (layer) =>
      (layer.kind === "ipv4" || layer.kind === "ipv6-fragment") &&
      (layer.moreFragments || layer.fragmentOffset > 0),
  );
}

/** Another node may say it of a sender: what stands for nobody in particular, or for a group of pods. */
function mayClaim(claimed: Identity): boolean {
  return claimed === identity(2) || claimed >= 256;
}

function isPeer(address: IpAddress): boolean {
  return nodeAt(address) !== undefined;
}

/** What the package's own rules say of a tunnelled frame. */
function fateOf({ frame, context }: Run, lenient: readonly Leniency[]): Fate {
  const marks = findTunnel(frame);
  if (marks === undefined) return { kind: "dropped", why: "there is no whole Geneve header" };
  const packet = parsePacket(frame, { linkType: "ethernet", protocols: geneveProtocols });
  const model = decapsulate(packet, { isPeer, mayClaim, zeroChecksumOverIpv6: true });
  const { family } = findLandmarks(frame);
  if (isJumbogram(word(frame, marks.udp + 4), family))
    return { kind: "dropped", why: "it is a jumbogram" };
  if (model.outcome === "control") {
    // The programs do not wait until the end of the header to refuse that.
    const isNobodys = model.header.options.some(
      (option) => option.type === "cluster-id" && option.clusterId === 0,
    );
    return { kind: "control", isDamaged: isNobodys };
  }
  // Of what is left to the stack as it came, the stack verifies the checksums.
  const isControl = ((frame[marks.udp + 9] ?? 0) & 0x80) !== 0;
  if (isControl && model.outcome === "drop" && model.reason === "wrong-checksum")
    return { kind: "control", isDamaged: true };
  // What it knows of the packet inside goes further than what a router looks at.
  const isInner = packet.problem !== undefined && packet.problem.offset >= marks.contents;
  const isSound = packet.layers.some(({ kind }) => kind === "geneve") && isInner;
  const isDamaged =
    model.outcome === "drop" && model.reason === "wrong-checksum" && isVerifiedLater(frame, marks);
  if (model.outcome === "drop" && !isDamaged && (model.reason !== "malformed" || !isSound))
    return { kind: "dropped", why: model.reason };
  const fate = contentsFate(frame, marks, context.gsoSize ?? 0, lenient);
  return fate.kind === "out" ? { ...fate, isDamaged } : fate;
}

/**
 * Whether a wrong outer UDP checksum is one that the programs need not notice: the packet in the tunnel has a wrong one
 * itself, which stands for what it covers and is verified where the packet goes to, or a device was to fill in the outer one.
 */
function isVerifiedLater(frame: Uint8Array, marks: TunnelMarks): boolean {
  const { ip, family } = findLandmarks(frame);
  const checksum = word(frame, marks.udp + 6);
  if (checksum === 0 || (family === 4 && internetChecksum(frame.subarray(ip, marks.udp)) !== 0))
    return false;
  const addresses = frame.subarray(ip + (family === 4 ? 12 : 8), ip + (family === 4 ? 20 : 40));
  const length = frame.subarray(marks.udp + 4, marks.udp + 6);
  if (internetChecksum(addresses, length, Uint8Array.of(0, 17)) === 0xffff - checksum) return true;
  const { offset, etherType } = findInnerIp(frame, marks);
  const inner = parsePacket(takeOut(frame, offset, etherType), { linkType: "ethernet" });
  return verifyChecksums(inner).some(({ verdict }) => verdict === "wrong");
}

function contentsFate(
  frame: Uint8Array,
  marks: TunnelMarks,
  gsoSize: number,
  lenient: readonly Leniency[],
): Fate {
  const { offset, etherType } = findInnerIp(frame, marks);
  const end = marks.udp + word(frame, marks.udp + 4);
  if (end > frame.length || offset + 20 > end) return { kind: "dropped", why: "it is cut short" };
  if (etherType !== 0x0800 && etherType !== 0x86dd)
    return { kind: "dropped", why: "it is no IP packet" };
  const out = withCongestion(takeOut(frame, offset, etherType), outerEcn(frame));
  if (out === undefined) return { kind: "dropped", why: "congestion" };
  const excused = new Set(lenient.map(({ flaw }) => flaw));
  const flaw = findFlaws(out.subarray(0, 14 + end - offset), gsoSize).find(
    ({ kind }) => !excused.has(kind),
  );
  if (flaw !== undefined) return { kind: "dropped", why: `of ${flaw.layer} ${flaw.reason}` };
  const origin = nodeOf(addressesOf(out).source);
  if (origin === undefined || origin !== nodeAt(addressesOf(frame).source))
    return { kind: "dropped", why: `${addressesOf(out).source} is not at the other end` };
  return { kind: "out", frame: out, isDamaged: false };
}

/** The inner packet behind the outer Ethernet header. */
function takeOut(frame: Uint8Array, offset: number, etherType: number): Uint8Array {
  const type = Uint8Array.of(etherType >> 8, etherType & 0xff);
  return concatBytes(frame.subarray(0, 12), type, frame.subarray(offset));
}

function outerEcn(frame: Uint8Array): number {
  return frame[12] === 8 ? (frame[15] ?? 0) & 3 : ((frame[15] ?? 0) >> 4) & 3;
}

/** Undefined when the congestion that the outer header tells of cannot be told. */
function withCongestion(frame: Uint8Array, outer: number): Uint8Array | undefined {
  const shift = frame[12] === 8 ? 0 : 4;
  const before = frame.slice(14, 16);
  const after = decapsulatedEcn(((before[1] ?? 0) >> shift) & 3, outer);
  if (after === "drop") return undefined;
  frame[15] = ((before[1] ?? 0) & ~(3 << shift)) | (after << shift);
  if (shift > 0 || frame[15] === before[1]) return frame;
  const checksum = updateChecksum(word(frame, 24), before, frame.subarray(14, 16));
  frame.set([checksum >> 8, checksum & 0xff], 24);
  return frame;
}

/** What has to be looked at by the stack before a packet goes to a pod. */
function needsStack(frame: Uint8Array): "always" | "perhaps" | "never" {
  const { family, extensions } = findLandmarks(frame);
  if ((frame[family === 4 ? 22 : 21] ?? 0) <= 1 || frame.length - 14 > 1500) return "always";
  if (family === 4) return ((frame[14] ?? 0) & 15) > 5 ? "always" : "never";
  return extensions.length > 0 ? "perhaps" : "never";
}

/** What an end of tunnels does with packets. */
export interface TunnelExit {
  readonly mac: MacAddress;
  readonly lenient: readonly Leniency[];
  /** Judges what comes out of a tunnel; `frame` is what was in it, behind the outer Ethernet header. */
  readonly judgeContents: (run: Run, frame: Uint8Array) => string | undefined;
  /** Judge all that comes in no tunnel. */
  readonly others: readonly Oracle[];
}

/** What comes in a tunnel is believed as `decapsulate` believes it, and comes out as it says, or not at all. */
export function leavesTunnels({ mac, lenient, judgeContents, others }: TunnelExit): Oracle {
  return {
    name: "out of tunnels comes what is in them",
    judge(run) {
      if (!isTunnelled(run, mac, node)) return firstProblem(others, run);
      const fate = fateOf(run, lenient);
      if (fate.kind === "dropped")
        return run.verdict === "dropped" ? undefined : `it was ${run.verdict}: ${fate.why}`;
      if (fate.isDamaged && run.verdict === "dropped") return undefined;
      if (fate.kind === "control") return passedAs(run, run.frame);
      const problem = judgeContents(run, fate.frame);
      return problem === undefined ? undefined : mayDrop(run, fate.frame, problem);
    },
  };
}

function firstProblem(oracles: readonly Oracle[], run: Run): string | undefined {
  for (const oracle of oracles) {
    const problem = oracle.judge(run);
    if (problem !== undefined) return `${oracle.name}: ${problem}`;
  }
  return undefined;
}

/** What comes out of a tunnel goes to a pod of this node one hop further, to the node itself, or nowhere. */
export function toPodOrNode(scene: Scene): TunnelExit["judgeContents"] {
  return (run, frame) => {
    const { destination } = addressesOf(frame);
    if (ipFamilies.some((family) => node[family] === destination)) return passedAs(run, frame);
    const pod = [scene.web, scene.db].find(({ address }) =>
      ipFamilies.some((family) => address[family] === destination),
    );
    if (pod !== undefined) return podProblem(run, frame, pod.mac);
    return run.verdict === "dropped" ? undefined : `it was ${run.verdict}, to ${destination}`;
  };
}

/** What comes out of a tunnel comes in by a device with that MAC address, and is as it was. */
export function intoDevice(mac: MacAddress): TunnelExit["judgeContents"] {
  return ({ verdict, after }, frame) => {
    if (verdict !== "redirected") return `it was ${verdict}`;
    const expected = frame.slice();
    expected.set(macToBytes(mac));
    return Buffer.compare(expected, after) === 0 ? undefined : "it is not what was in the tunnel";
  };
}

function passedAs({ verdict, after }: Run, frame: Uint8Array): string | undefined {
  if (verdict !== "passed") return `it was ${verdict}, and is for the node`;
  return Buffer.compare(frame, after) === 0 ? undefined : "it is not what was in the tunnel";
}

function podProblem(run: Run, frame: Uint8Array, mac: MacAddress): string | undefined {
  const { verdict } = run;
  if (verdict === "dropped") return "it was dropped, and is for a pod";
  const stack = needsStack(frame);
  if (verdict === "passed") {
    if (stack === "never" && run.context.gsoSize === undefined) return "it was left to the stack";
    return passedAs(run, frame);
  }
  if (stack === "always" && run.context.gsoSize === undefined) return "it went past the stack";
  const rewrite = { destination: macToBytes(mac), source: macToBytes(gatewayMac) };
  return forwardedProblem({ ...run, frame }, rewrite);
}

/** Bytes that the programs want to see of headers that a parser may be content with less of. */
const transportHeaders: Readonly<Record<number, number>> = { 1: 8, 58: 8, 132: 12, 136: 8 };

/**
 * Nothing is lost without reason, but for what belongs to no connection, and what only the kernel or a limit of the programs
 * refuses.
 */
function mayDrop(
  { verdict, context }: Run,
  frame: Uint8Array,
  problem: string,
): string | undefined {
  if (verdict !== "dropped") return problem;
  if (context.gsoSize !== undefined) return undefined;
  const seen = observe(parsePacket(frame, { linkType: "ethernet" }));
  if (isOfMany({ frame }) || ("outcome" in seen && seen.outcome === "invalid")) return undefined;
  const { family, ip, extensions, protocol, transport } = findLandmarks(frame);
  // Of a length of 0, which means up to the end (RFC 2675), the programs make nothing.
  const isJumbo = protocol === 17 && word(frame, transport + 4) === 0;
  const end = family === 4 ? ip + word(frame, ip + 2) : ip + 40 + word(frame, ip + 4);
  const isShort = end - transport < (transportHeaders[protocol] ?? 0);
  return extensions.length > mostExtensions || isJumbo || isShort ? undefined : problem;
}
