import {
  findLandmarks,
  forwardedProblem,
  type FuzzTarget,
  leavesUntouched,
  type Ledger,
  type Oracle,
  type Rewrite,
  type Run,
} from "@heddle-tools/fuzz";
import {
  type IpAddress,
  ipFamilies,
  ipFamily,
  macToBytes,
  parsePrefix,
  prefixContains,
} from "@heddle/contracts";
import { Hook } from "@heddle/datapath";
import {
  type AnyLayer,
  buildPacket,
  icmp,
  icmpv6,
  packet,
  type PacketDraft,
  parsePacket,
  tcp,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { errorAbout, headers, quotation } from "../drafts.ts";
import { gatewayMac, node, outside, type Scene } from "../scene.ts";
import { addressesOf, addressPlace } from "./addresses.ts";
import { forwarding } from "./forwarding.ts";
import { counterLedger } from "./ledgers.ts";
import { networkIsOutside, rewritesRight } from "./oracles.ts";
import { both, fromNet, fromPod, isOfMany, strangerMac, toNet } from "./targets.ts";

/** What pods see with their own addresses, in the scene. */
const cluster = ["10.244.0.0/16", "fd00::/16", "192.0.2.0/24", "2001:db8::/64"].map((text) =>
  parsePrefix(text),
);

const isOutside = (address: IpAddress): boolean =>
  !cluster.some((prefix) => prefixContains(prefix, address));

/** Where an address is in a frame, and what it is there. */
function addressIn(frame: Uint8Array, end: "source" | "destination"): readonly [number, IpAddress] {
  const { start, size } = addressPlace(frame);
  return [end === "source" ? start : start + size, addressesOf(frame)[end]];
}

/** Bytes from the transport header on to the checksum and to the port, or identifier, of an end. */
function fieldsOf(frame: Uint8Array, end: "source" | "destination") {
  const { protocol, transport } = findLandmarks(frame);
  const port = transport + (end === "source" ? 0 : 2);
  switch (protocol) {
    case 6:
      return { checksum: transport + 16, port };
    case 17:
      return { checksum: transport + 6, port };
    case 33:
    case 136:
      return { checksum: transport + 6 };
    case 1:
      return { checksum: transport + 2, port: transport + 4 };
    case 58:
      return { checksum: transport + 2, port: transport + 4 };
    default:
      return {};
  }
}

/** An ICMP error, in which also what it quotes is translated. */
function isError(frame: Uint8Array): boolean {
  const layer = parsePacket(frame, { linkType: "ethernet" }).layers.findLast(
    ({ kind }) => kind === "icmp" || kind === "icmpv6",
  );
  return layer !== undefined && "quoted" in layer;
}

/** What is known of each checksum. */
function sums(frame: Uint8Array): string {
  const reports = verifyChecksums(parsePacket(frame, { linkType: "ethernet" }));
  return reports.map(({ kind, verdict }) => `${kind} ${verdict}`).join(", ");
}

/** The sum over an IPv4 header with an address: the same as long as the checksum is as right, or as wrong, as before. */
function headerSum(frame: Uint8Array): number {
  let sum = 0;
  for (let at = 14; at < 14 + 4 * ((frame[14] ?? 0) & 15); at += 2)
    sum += ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  return sum % 0xffff;
}

/**
 * The packet as it went in but for its next hop: one end has the address that it is to have, its port may be any; all
 * checksums are as right, or as wrong, as they were.
 */
function translatedProblem(
  run: Run,
  end: "source" | "destination",
  isRight: (address: IpAddress) => boolean,
  rewrite?: Rewrite,
): string | undefined {
  const { frame, after } = run;
  const [at, given] = addressIn(after, end);
  if (!isRight(given)) return `its ${end} is ${given}`;
  if (sums(frame) !== sums(after)) return `of checksums: ${sums(frame)} became ${sums(after)}`;
  if (frame[12] === 8 && headerSum(frame) !== headerSum(after)) return "the header's sum changed";
  const before = after.slice();
  const size = frame[12] === 8 ? 4 : 16;
  before.set(frame.subarray(at, at + size), at);
  if (isError(frame)) return undefined;
  const { checksum, port } = fieldsOf(frame, end);
  for (const field of [checksum, port]) {
    if (field !== undefined) before.set(frame.subarray(field, field + 2), field);
  }
  // The checksum of the header as it was, and so with the old TTL.
  if (frame[12] === 8) before.set(sumForTtl(before, headerSum(frame)), 24);
  return forwardedProblem({ ...run, after: before }, rewrite);
}

/** The checksum with which the header's sum is that. */
function sumForTtl(frame: Uint8Array, wanted: number): Uint8Array {
  const zero = frame.slice();
  zero.set([0, 0], 24);
  const checksum = (wanted - headerSum(zero) + 0xffff) % 0xffff;
  return Uint8Array.of(checksum >> 8, checksum & 0xff);
}

const outward = "what leaves the cluster has the node's address";

/** What leaves the cluster has the node's address; everything else is as without masquerade. */
function leavesWithTheNodesAddress(scene: Scene): Oracle {
  const plain = rewritesRight(scene);
  return {
    name: outward,
    judge(run) {
      if (!leaves(run) || run.verdict !== "redirected" || forwarding(run) !== "toNeighbour")
        return plain.judge(run);
      return translatedProblem(run, "source", (address) => both(node).includes(address));
    },
  };
}

function leaves({ frame }: Run): boolean {
  return isIp(frame) && isOutside(addressIn(frame, "destination")[1]);
}

function isIp(frame: Uint8Array): boolean {
  return frame[12] === 8 ? frame[13] === 0 : frame[12] === 0x86 && frame[13] === 0xdd;
}

function without(oracles: readonly Oracle[], ...replaced: readonly Oracle[]): readonly Oracle[] {
  return oracles.filter(({ name }) => replaced.every((other) => other.name !== name));
}

/** What pods send, of a node that masquerades. */
export async function fromPodMasqueraded(scene: Scene): Promise<FuzzTarget> {
  await scene.masquerade({});
  const target = fromPod(scene);
  return {
    ...target,
    oracles: [...without(target.oracles, rewritesRight(scene)), leavesWithTheNodesAddress(scene)],
    // Which port one gets is a matter of those before.
    remembers: (run) => isOfMany(run) || leaves(run),
  };
}

/** The port, and the identifier, of the connections that answers are to. */
const port = 40_000;

/** What a pod asks, and how it is answered, each of both families. */
function talks(
  scene: Scene,
): readonly { readonly asked: PacketDraft; readonly answer: PacketDraft }[] {
  return ipFamilies.flatMap((family) => {
    const echo = family === 4 ? icmp : icmpv6;
    const ask = (layer: AnyLayer) =>
      packet(
        ...headers({
          sourceMac: scene.web.mac,
          destinationMac: gatewayMac,
          source: scene.web.address[family],
          destination: outside[family],
        }),
        layer,
      );
    const inward = {
      sourceMac: strangerMac,
      destinationMac: scene.uplinkMac,
      source: outside[family],
      destination: node[family],
    };
    const answered = (layer: AnyLayer) => packet(...headers(inward), layer, "12345678");
    const sent = { ...inward, source: node[family], destination: outside[family] };
    const out = udp({ sourcePort: port, destinationPort: 53 });
    const asked = ask(out);
    return [
      {
        asked: ask(tcp({ sourcePort: port, destinationPort: 80, flags: ["syn"] })),
        answer: answered(tcp({ sourcePort: 80, destinationPort: port, flags: ["syn", "ack"] })),
      },
      { asked, answer: answered(udp({ sourcePort: 53, destinationPort: port })) },
      { asked, answer: errorAbout(inward, quotation(sent, out)) },
      {
        asked: ask(echo({ type: "echo-request", identifier: port })),
        answer: answered(echo({ type: "echo-reply", identifier: port })),
      },
    ];
  });
}

/** Before each batch the pod has asked. */
function podHasAsked(scene: Scene): Ledger {
  return {
    name: "the pod has asked",
    async open() {
      await scene.forget();
      for (const { asked } of talks(scene)) await scene.run("fromPod", scene.web.ifindex, asked);
    },
    async settle() {
      const strange = (await scene.allConnections()).filter(
        ({ original, reply }) =>
          reply.destination !== original.source &&
          original.source !== scene.web.address[ipFamily(original.source)],
      );
      return strange.map(({ original }) => `a translated connection of ${original.source}`);
    },
  };
}

/** What answers a translated connection reaches its pod, and nobody else; everything else is as without masquerade. */
function answersReachThePod(scene: Scene): Oracle {
  const [outsiders, plain] = [networkIsOutside(scene), rewritesRight(scene)];
  const pod = new Set(both(scene.web.address));
  const isPods = (address: IpAddress) => pod.has(address);
  const rewrite = { destination: macToBytes(scene.web.mac), source: macToBytes(gatewayMac) };
  return {
    name: "answers reach the pod",
    judge(run) {
      const { frame, after, verdict } = run;
      const isToNode = isIp(frame) && both(node).includes(addressIn(frame, "destination")[1]);
      if (!isToNode) return leavesUntouched.judge(run) ?? outsiders.judge(run) ?? plain.judge(run);
      if (verdict === "redirected") return translatedProblem(run, "destination", isPods, rewrite);
      // What the stack has to answer, or to cut up, it gets as the pod's.
      if (verdict === "dropped" || Buffer.compare(frame, after) === 0) return undefined;
      return isPods(addressIn(after, "destination")[1])
        ? undefined
        : "it was passed on and changed";
    },
  };
}

/** What the network answers to a node that masquerades. */
export async function fromNetMasqueraded(scene: Scene): Promise<FuzzTarget> {
  await scene.masquerade({});
  const target = fromNet(scene);
  const answers = talks(scene).map(({ answer }) => buildPacket(answer));
  return {
    ...target,
    validFrame: (random) => (random.chance(0.5) ? random.pick(answers) : target.validFrame(random)),
    oracles: [
      ...without(target.oracles, leavesUntouched, networkIsOutside(scene), rewritesRight(scene)),
      answersReachThePod(scene),
    ],
    ledgers: [podHasAsked(scene), counterLedger(scene, Hook.fromNet)],
    // Whose answer ends a connection, ends it for the others.
    remembers: () => true,
  };
}

/** What leaves a node that masquerades: nothing of that is of its translated connections. */
export async function toNetMasqueraded(scene: Scene): Promise<FuzzTarget> {
  await scene.masquerade({});
  return {
    ...toNet(scene),
    ledgers: [podHasAsked(scene), counterLedger(scene, Hook.toNet)],
    remembers: isOfMany,
  };
}
