import type { Run } from "@heddle-tools/fuzz";
import { macFromBytes } from "@heddle/contracts";
import { findLayer, parsePacket, verifyChecksums } from "@heddle/packet";
import { gatewayMac } from "../scene.ts";
import type { TunnelEnd } from "./tunnel-entry.ts";

const etherHeader = 14;
const icmpHeader = 8;

/** Bytes of IP headers, and of the largest answers with them (RFC 1812 section 4.3.2.3, RFC 4443 section 3.2). */
const families = { 4: { header: 20, answer: 576 }, 6: { header: 40, answer: 1280 } } as const;

/** Bytes of the largest packet that goes into the tunnel over a network with an MTU of 1500. */
function largestOf({ underlay, settings }: TunnelEnd): number {
  const option = (settings.tunnelCluster ?? 0) === 0 ? 0 : 8;
  return 1500 - families[underlay].header - 8 - 8 - option - etherHeader;
}

/** Why what became of a packet that did not get into its tunnel is wrong: routers cut up what allows that, else tell the sender. */
export function narrowProblem(
  run: Run,
  became: "told" | "fragmented",
  end: TunnelEnd,
): string | undefined {
  const size = run.frame.length - etherHeader;
  if (size <= largestOf(end) && run.context.gsoSize === undefined)
    return `it was ${became}, and has ${String(size)} bytes`;
  return became === "told" ? answerProblem(run, end) : cutProblem(run);
}

function toldMtu(after: Uint8Array): number | undefined {
  const packet = parsePacket(after, { linkType: "ethernet" });
  const [icmp, icmpv6] = [findLayer(packet, "icmp"), findLayer(packet, "icmpv6")];
  if (icmpv6?.type === "packet-too-big") return icmpv6.mtu;
  if (icmp?.type !== "destination-unreachable" || icmp.code !== "fragmentation-needed")
    return undefined;
  return icmp.nextHopMtu;
}

/** The header says that it may be cut up, and has nothing that belongs into each part. */
function cutProblem({ frame, after, context }: Run): string | undefined {
  if (Buffer.compare(frame.subarray(12), after.subarray(12)) !== 0) return "it was changed";
  const mayBe = frame[12] === 8 && frame[14] === 0x45 && ((frame[20] ?? 0) & 0x40) === 0;
  return mayBe && context.gsoSize === undefined ? undefined : "it was cut up, and must not be";
}

/** The answer is for the node, says what fits, and quotes the packet as far as there is room. */
function answerProblem({ frame, after }: Run, end: TunnelEnd): string | undefined {
  const { header, answer } = families[frame[12] === 8 ? 4 : 6];
  const told = toldMtu(after);
  if (told !== largestOf(end)) return `it was told that ${String(told)} fits`;
  if (macFromBytes(after, 0) !== gatewayMac) return "the answer is not for the node";
  const quoted = after.subarray(etherHeader + header + icmpHeader);
  const expected = frame.subarray(etherHeader).subarray(0, answer - header - icmpHeader);
  if (Buffer.compare(quoted, expected) !== 0) return "the answer does not quote the packet";
  const checks = verifyChecksums(parsePacket(after, { linkType: "ethernet" }));
  return checks.some(({ verdict }) => verdict === "wrong")
    ? "a checksum of the answer is wrong"
    : undefined;
}
