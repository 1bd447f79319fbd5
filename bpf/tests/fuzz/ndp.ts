import {
  findLandmarks,
  type FuzzTarget,
  leavesUntouched,
  type Oracle,
  type Random,
  type Run,
  type Traffic,
  validFrame,
} from "@heddle-tools/fuzz";
import {
  type InterfaceIndex,
  type MacAddress,
  macFromBytes,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "@heddle/contracts";
import {
  groupMac,
  ndpAddrsMap,
  ndpCountersMap,
  ndpDevicesMap,
  ndpObject,
  NdpSpeakerFlag,
  solicitedNodeGroup,
  validateNdp,
} from "@heddle/ipv6-ndp";
import {
  arp,
  buildPacket,
  ethernet,
  icmpv6,
  ipv6,
  type NdpOption,
  type NeighborSolicitation,
  packet,
  parsePacket,
} from "@heddle/packet";
import { createTestNetns, joinNetns } from "@heddle/testing";
import { loadObject } from "libbpf-napi";
import { countLedger, objectFile, readCounts } from "./standalone.ts";
import { both, broadcast, often, strangerMac, verdicts } from "./targets.ts";

const unspecified = parseIpv6("::");
const allNodes = parseIpv6("ff02::1");
const ownMac = parseMac("02:00:00:00:00:05");
const speaker = parseIpv6("fe80::5");

/** Addresses behind the host, which it answers for, and one for which it does not. */
const behind = { 4: parseIpv4("10.244.1.5"), 6: parseIpv6("fd00:1::5") } as const;
const absent = { 4: parseIpv4("10.244.1.200"), 6: parseIpv6("fd00:1::c8") } as const;
const neighbour = { 4: parseIpv4("192.0.2.9"), 6: parseIpv6("2001:db8::9") } as const;

/** `ndp_answer_for`, for an address of each family, on one of two devices. */
export async function ndpAnswers(stack: AsyncDisposableStack): Promise<FuzzTarget> {
  const host = stack.use(await createTestNetns("host"));
  const net = stack.use(await createTestNetns("net"));
  const end = (netns: typeof host, device: string) => ({ netns, device });
  const { near } = await joinNetns(end(host, "eth0"), end(net, "eth0"));
  const { near: other } = await joinNetns(end(host, "eth1"), end(net, "eth1"));
  for (const device of [near, other]) await host.rtnetlink.links.set(device, { address: ownMac });
  const object = stack.use(await loadObject(ndpObject, objectFile("ipv6-ndp", "ndp")));
  const flags = NdpSpeakerFlag.router | NdpSpeakerFlag.override;
  object.map(ndpDevicesMap).set(near, { source: speaker, mac: ownMac, flags });
  for (const address of [behind[4], behind[6]]) object.map(ndpAddrsMap).set(address, 1);
  return {
    name: "ndp_answer_for",
    program: object.program(ndpObject.programs.ndpAnswerFor.name),
    netns: host.path,
    contexts: often({ ifindex: near }, { ifindex: other }),
    validFrame: questionFrame,
    verdicts,
    oracles: [leavesUntouched, answersQuestions(near)],
    ledgers: [
      countLedger({
        read: () => readCounts(object.perCpuMap(ndpCountersMap)),
        verdictOf: (reason) => (reason >= 64 ? "dropped" : undefined),
        counts: (run) => run.verdict !== "passed" || asks(run.frame),
      }),
    ],
  };
}

const traffic: Traffic = {
  sourceMacs: [strangerMac],
  destinationMacs: often(ownMac, broadcast),
  sources: both(neighbour),
  destinations: both(behind, absent, neighbour),
};

/** What neighbours ask, and now and then something else. */
function questionFrame(random: Random): Uint8Array {
  if (random.chance(0.1)) return validFrame(random, traffic);
  return buildPacket(random.chance(0.4) ? arpQuestion(random) : solicitation(random));
}

function arpQuestion(random: Random) {
  const [source, destination] = [strangerMac, random.pick([broadcast, ownMac, strangerMac])];
  const senderIp = random.chance(0.9) ? neighbour[4] : random.pick([behind[4], absent[4]]);
  const targetIp = random.pick([behind[4], behind[4], behind[4], absent[4]]);
  const operation = random.chance(0.95) ? "request" : "reply";
  const question = arp({ operation, senderMac: source, senderIp, targetIp });
  return { layers: [ethernet({ source, destination }), question] };
}

function solicitation(random: Random) {
  const target = random.pick([behind[6], behind[6], behind[6], behind[6], absent[6]]);
  const source = random.chance(0.8) ? neighbour[6] : unspecified;
  const group = solicitedNodeGroup(target);
  const isDirect = random.chance(0.3);
  const destination = isDirect ? target : group;
  const mac = isDirect ? ownMac : groupMac(group);
  const options: NdpOption[] = random.chance(0.8)
    ? []
    : [{ type: "nonce", nonce: random.bytes(6) }];
  if (source !== unspecified || random.chance(0.05))
    options.push({ type: "source-link-layer-address", address: strangerMac });
  if (random.chance(0.1)) options.push({ type: 200, data: random.bytes(8 * random.below(20) + 6) });
  if (random.chance(0.02)) {
    const many = Array.from({ length: 20 }, (): NdpOption => ({
      type: 201,
      data: random.bytes(6),
    }));
    options.push(...many);
  }
  return packet(
    ethernet({ source: strangerMac, destination: mac }),
    ipv6({ source, destination, hopLimit: random.chance(0.95) ? 255 : 64 }),
    icmpv6({ type: "neighbor-solicitation", target, options }),
  );
}

/** The solicitation right behind the IPv6 header, whether valid or not. */
function solicitationIn(frame: Uint8Array): NeighborSolicitation | undefined {
  const { layers } = parsePacket(frame, { linkType: "ethernet" });
  const [link, ip, message] = layers;
  if (link?.kind !== "ethernet" || ip?.kind !== "ipv6" || message?.kind !== "icmpv6")
    return undefined;
  return message.type === "neighbor-solicitation" ? message : undefined;
}

/** The ARP request for IPv4 over Ethernet that is no announcement. */
function arpIn(frame: Uint8Array) {
  // Hardware type 1, protocol type 0x0800 (RFC 826).
  if (frame[14] !== 0 || frame[15] !== 1 || frame[16] !== 8 || frame[17] !== 0) return undefined;
  const [link, request] = parsePacket(frame, { linkType: "ethernet" }).layers;
  if (link?.kind !== "ethernet" || request?.kind !== "arp") return undefined;
  if (request.operation !== "request" || request.senderIp === request.targetIp) return undefined;
  return request;
}

/** Whether the frame has all bytes of a question, however wrong they are; IPv6 lengths and trailers do not matter. */
function asks(frame: Uint8Array): boolean {
  if (!isHeard(frame)) return false;
  const { family, transport } = findLandmarks(frame);
  if (family === 6) {
    const isWhole = frame.length >= 14 + 40 + 24 && (frame[14] ?? 0) >> 4 === 6;
    return isWhole && frame[20] === 58 && transport === 54 && frame[54] === 135;
  }
  return arpIn(frame) !== undefined;
}

/** Whether the frame is for this host, for a group, or for all. */
function isHeard(frame: Uint8Array): boolean {
  return ((frame[0] ?? 0) & 1) === 1 || macFromBytes(frame, 0) === ownMac;
}

/** Options, and bytes of a message, that are looked through. */
const most = { options: 16, bytes: 1024 } as const;

/**
 * What is answered is a valid question for an address that is behind the host, by the device that is chosen, with all that
 * belongs into the answer; a valid question of that kind is answered; and what is discarded is an invalid one.
 */
function answersQuestions(device: InterfaceIndex): Oracle {
  return {
    name: "valid questions for its own addresses are answered",
    judge(run) {
      const { frame, context, verdict } = run;
      const answer = isHeard(frame) && context.ifindex === device ? answerTo(frame) : undefined;
      if (verdict === "passed") {
        return answer === undefined || answer === "invalid" ? undefined : "it was not answered";
      }
      if (verdict === "dropped") {
        return answer === "invalid" || isLong(frame) ? undefined : "it was discarded";
      }
      if (answer === undefined) return "nobody asked";
      if (answer === "invalid") return "the question is not valid";
      return problemOf(run, answer);
    },
  };
}

function problemOf({ after }: Run, answer: Uint8Array): string | undefined {
  const at = answer.findIndex((byte, index) => byte !== after[index]);
  return at < 0 ? undefined : `byte ${String(at)} of the answer is not what it should be`;
}

function isLong(frame: Uint8Array): boolean {
  const message = solicitationIn(frame);
  return frame.length - 54 > most.bytes || (message?.options.length ?? 0) > most.options;
}

/** The answer, or why there is none: nobody asks for what is here, or not as one has to. */
function answerTo(frame: Uint8Array): Uint8Array | "invalid" | undefined {
  const request = arpIn(frame);
  if (request !== undefined)
    return request.targetIp === behind[4] ? arpAnswer(frame, request) : undefined;
  if (!asks(frame)) return undefined;
  const parsed = parsePacket(frame, { linkType: "ethernet" });
  const target = frame.subarray(62, 78);
  if (Buffer.compare(target, behindBytes) !== 0) return undefined;
  if (validateNdp(parsed) !== undefined) return "invalid";
  const [link, ip] = parsed.layers;
  if (link?.kind !== "ethernet" || ip?.kind !== "ipv6") return undefined;
  return advertisement(link.source, ip.source);
}

const behindBytes = Uint8Array.from(Buffer.from("fd000001000000000000000000000005", "hex"));

function arpAnswer(frame: Uint8Array, request: NonNullable<ReturnType<typeof arpIn>>): Uint8Array {
  const reply = arp({
    operation: "reply",
    senderMac: ownMac,
    senderIp: request.targetIp,
    targetMac: request.senderMac,
    targetIp: request.senderIp,
  });
  const destination = macFromBytes(frame, 6);
  return buildPacket({ layers: [ethernet({ source: ownMac, destination }), reply] });
}

function advertisement(asker: MacAddress, source: NeighborSolicitation["target"]): Uint8Array {
  const isFromNobody = source === unspecified;
  const destination = isFromNobody ? allNodes : source;
  const isGroup = destination.startsWith("ff");
  return buildPacket(
    packet(
      ethernet({ source: ownMac, destination: isGroup ? groupMac(destination) : asker }),
      ipv6({ source: speaker, destination, hopLimit: 255 }),
      icmpv6({
        type: "neighbor-advertisement",
        target: behind[6],
        router: true,
        override: true,
        solicited: !isFromNobody,
        options: [{ type: "target-link-layer-address", address: ownMac }],
      }),
    ),
  );
}
