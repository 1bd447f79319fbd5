import {
  broadcastMac,
  type IpAddress,
  type Ipv6Address,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "@heddle/contracts";
import { NdpSpeakerFlag, solicitationOf, validateNdp } from "@heddle/ipv6-ndp";
import {
  type AnyLayer,
  arp,
  buildPacket,
  ethernet,
  findLayer,
  icmpv6,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  matchPacket,
  type NdpOption,
  packet,
  type PacketDraft,
  parsePacket,
  verifyChecksums,
} from "@heddle/packet";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { absentPod, Scene } from "./scene.ts";

/** Requests for link-layer addresses as they come in at a device of the node, and the answers for its pods. */
let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());

const unspecified = parseIpv6("::");
const allNodes = parseIpv6("ff02::1");
const deviceAddress = parseIpv6("fe80::68");
const neighbour = { mac: parseMac("02:00:00:00:00:77"), address: parseIpv6("fe80::77") };
const neighbour4 = parseIpv4("192.0.2.77");

beforeEach(() => {
  const flags = NdpSpeakerFlag.router;
  scene.ndpDevices.set(scene.uplink, { mac: scene.uplinkMac, source: deviceAddress, flags });
});
afterEach(() => void scene.ndpDevices.delete(scene.uplink));

const run = (draft: PacketDraft | Uint8Array) => scene.run("fromNet", scene.uplink, draft);

const podAddress = (): Ipv6Address => parseIpv6(scene.web.address[6]);

/** A solicitation for a pod by a neighbour on the node's link, with other fields where a test gives them. */
interface Solicitation {
  readonly target?: IpAddress;
  readonly source?: Ipv6Address;
  readonly unicast?: boolean;
  readonly destination?: Ipv6Address;
  readonly hopLimit?: number;
  readonly code?: number;
  readonly checksum?: number;
  readonly options?: readonly NdpOption[];
  readonly optionTail?: Uint8Array;
}

function solicitation(given: Solicitation = {}): PacketDraft {
  const { target = podAddress(), source = neighbour.address, unicast = false } = given;
  const to = { address: given.destination ?? podAddress(), mac: scene.uplinkMac };
  const [frame, ip, message] = solicitationOf({
    target: parseIpv6(target),
    mac: neighbour.mac,
    source,
    ...(unicast ? { destination: to } : {}),
  }).layers;
  const { target: _target, source: _source, unicast: _unicast, ...fields } = given;
  const { destination, hopLimit, ...icmp } = fields;
  const ipFields = {
    ...(destination === undefined ? {} : { destination }),
    ...(hopLimit === undefined ? {} : { hopLimit }),
  };
  if (frame === undefined) throw new Error("there is no frame");
  return packet(
    frame,
    { kind: "ipv6", ...ip, ...ipFields },
    { kind: "icmpv6", ...message, ...icmp },
  );
}

function advertisement(target: Ipv6Address, to: Ipv6Address): PacketDraft {
  const isDetection = to === unspecified;
  return packet(
    ethernet({
      source: scene.uplinkMac,
      destination: isDetection ? parseMac("33:33:00:00:00:01") : neighbour.mac,
    }),
    ipv6({ source: deviceAddress, destination: isDetection ? allNodes : to, hopLimit: 255 }),
    icmpv6({
      type: "neighbor-advertisement",
      router: true,
      solicited: !isDetection,
      override: false,
      target,
      options: [{ type: "target-link-layer-address", address: scene.uplinkMac }],
      optionTail: new Uint8Array(),
    }),
  );
}

const option = (type: number, units: number): NdpOption => ({
  type,
  data: new Uint8Array(units * 8 - 2),
});

const answered: readonly (readonly [string, Solicitation])[] = [
  ["to all who may have it", {}],
  ["to the node alone, to see whether it is still there", { unicast: true }],
  ["without a link-layer address", { options: [] }],
  ["with a nonce", { options: [{ type: "nonce", nonce: Uint8Array.of(1, 2, 3, 4, 5, 6) }] }],
  [
    "with as many options as are looked through",
    { options: Array.from({ length: 16 }, () => option(253, 1)) },
  ],
  ["as long as a signed one", { options: [option(11, 40), option(12, 40), option(13, 2)] }],
  ["with the longest option that fits", { options: [option(253, 125)] }],
];

describe("a solicitation from the network", () => {
  it.each(answered)("for a pod is answered: %s", async (_, given) => {
    const result = await run(solicitation(given));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet answered"] });
    const expected = advertisement(podAddress(), neighbour.address);
    expect(matchPacket(result.packet, expected)).toEqual([]);
  });

  it("that detects a duplicate of a pod's address is answered to all nodes, unsolicited", async () => {
    const result = await run(solicitation({ source: unspecified }));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet answered"] });
    expect(matchPacket(result.packet, advertisement(podAddress(), unspecified))).toEqual([]);
  });

  it("is answered from the pod's address where the device has none of its own", async () => {
    scene.ndpDevices.set(scene.uplink, {
      mac: scene.uplinkMac,
      source: unspecified,
      flags: NdpSpeakerFlag.override,
    });
    const { packet: answer } = await run(solicitation());
    const [frame, , message] = advertisement(podAddress(), neighbour.address).layers;
    const ip = ipv6({ source: podAddress(), destination: neighbour.address });
    if (frame === undefined || message === undefined) throw new Error("there is no answer");
    const flags = { router: false, override: true };
    expect(matchPacket(answer, packet(frame, ip, { ...message, ...flags }))).toEqual([]);
  });

  it.each<[string, Solicitation]>([
    ["an address that no pod has", { target: absentPod[6] }],
    ["the node's own address", { target: parseIpv6("2001:db8::1") }],
    ["a group", { target: parseIpv6("ff02::1:ff00:1") }],
    ["the pods' gateway", { target: parseIpv6("fe80::1") }],
    ["nobody", { target: unspecified }],
  ])("for %s is the kernel's", async (_, given) => {
    const result = await run(solicitation(given));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
    const unanswered = await run(solicitation({ ...given, unicast: true }));
    expect(unanswered).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it.each<[string, Solicitation]>([
    ["group", {}],
    ["node", { unicast: true }],
  ])("to a %s is the kernel's where the device is not chosen", async (_, given) => {
    scene.ndpDevices.delete(scene.uplink);
    const result = await run(solicitation(given));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
    expect(await scene.entries()).toEqual([]);
  });

  it.each<[string, AnyLayer]>([
    ["a fragment header, though it is whole", ipv6Fragment({ identification: 7 })],
    ["options for its destination", ipv6DestinationOptions()],
  ])("behind %s has no answer, on either side", async (_, header) => {
    for (const unicast of [false, true]) {
      const [frame, ip, message] = solicitation({ unicast }).layers;
      if (frame === undefined || ip === undefined || message === undefined) throw new Error("none");
      const draft = packet(frame, ip, header, message);
      expect(await run(draft)).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
      const fromPod = await scene.run("fromPod", scene.db.ifindex, draft);
      expect(fromPod).toMatchObject({ verdict: "drop", counted: ["fromPod linkControl"] });
    }
  });

  it("to another station is left alone", async () => {
    const [, ...rest] = solicitation({ unicast: true }).layers;
    const frame = ethernet({ source: neighbour.mac, destination: parseMac("02:00:00:00:00:99") });
    const result = await run({ layers: [frame, ...rest] });
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it("that is cut short is the kernel's, wherever it is cut", async () => {
    const whole = buildPacket(solicitation());
    // Shorter ones are run by no kernel.
    for (let length = 54; length < 78; length++) {
      const result = await run(whole.subarray(0, length));
      expect([length, result.verdict]).toEqual([length, "next"]);
    }
  });
});

const malformed: readonly (readonly [string, Solicitation, string])[] = [
  ["a hop limit of 254", { hopLimit: 254 }, "hopLimit"],
  ["a hop limit of 0", { hopLimit: 0 }, "hopLimit"],
  ["the code 1", { code: 1 }, "badHeader"],
  ["a wrong checksum", { checksum: 0x1234 }, "checksum"],
  ["no checksum", { checksum: 0 }, "checksum"],
  ["an option without length", { optionTail: Uint8Array.of(14, 0, 0, 0, 0, 0, 0, 0) }, "badOption"],
  ["an option beyond its end", { optionTail: Uint8Array.of(14, 2, 0, 0, 0, 0, 0, 0) }, "badOption"],
  ["half an option", { optionTail: Uint8Array.of(14, 1, 0, 0) }, "badOption"],
  [
    "more options than any",
    { options: Array.from({ length: 17 }, () => option(253, 1)) },
    "badOption",
  ],
  ["more bytes than any", { options: [option(253, 126)] }, "badOption"],
  [
    "a source link-layer address of nobody",
    {
      source: unspecified,
      options: [{ type: "source-link-layer-address", address: neighbour.mac }],
    },
    "badOption",
  ],
  [
    "a destination that is no group, and detects a duplicate",
    { source: unspecified, destination: parseIpv6("fd00:1::1") },
    "badHeader",
  ],
  [
    "a destination that is another group, and detects a duplicate",
    { source: unspecified, destination: allNodes },
    "badHeader",
  ],
];

describe("a solicitation for a pod is dropped with", () => {
  it.each(malformed)("%s", async (_, given, reason) => {
    const draft = solicitation(given);
    const result = await run(draft);
    expect(result).toMatchObject({ verdict: "drop", counted: [`fromNet ${reason}`] });
  });

  it.each(malformed)("%s, also when it comes from another pod", async (_, given, reason) => {
    const result = await scene.run("fromPod", scene.db.ifindex, solicitation(given));
    expect(result).toMatchObject({ verdict: "drop", counted: [`fromPod ${reason}`] });
  });

  it("any wrong byte in it", async () => {
    const whole = buildPacket(solicitation());
    for (let offset = 14; offset < whole.length; offset++) {
      const bytes = Uint8Array.from(whole);
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x40;
      const { verdict } = await run(bytes);
      // Some bytes make it another packet, for another; none makes it one that is answered.
      expect([offset, verdict === "redirect"]).toEqual([offset, isUnprotected(offset)]);
    }
  });
});

/** Traffic class and flow label of IPv6 are under no checksum, and say nothing here. */
function isUnprotected(offset: number): boolean {
  return offset >= 15 && offset <= 17;
}

/** Bytes of a solicitation changed, some of them with a right checksum all the same. */
const mutations = fc.record({
  options: fc.array(fc.tuple(fc.constantFrom(1, 2, 14, 253), fc.integer({ min: 1, max: 3 })), {
    maxLength: 3,
  }),
  source: fc.constantFrom(unspecified, neighbour.address),
  unicast: fc.boolean(),
  changes: fc.array(fc.tuple(fc.nat(110), fc.nat(255)), { maxLength: 2 }),
  cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(12)),
  summed: fc.boolean(),
});

/** Makes the checksum right for what stands in the frame, as far as there is a message. */
function sumUp(frame: Uint8Array): void {
  const parsed = parsePacket(frame, { linkType: "ethernet" });
  const report = verifyChecksums(parsed).find(({ kind }) => kind === "icmpv6");
  if (report?.computed === undefined) return;
  frame.set([report.computed >>> 8, report.computed & 255], 56);
}

it("what is answered is just what the rules of RFC 4861 let through", async () => {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(mutations, async ({ options, source, unicast, changes, cut, summed }) => {
      const given = options.map(([type, units]) => option(type, units));
      const whole = buildPacket(solicitation({ options: given, source, unicast }));
      for (const [offset, value] of changes)
        if (14 + offset < whole.length) whole[14 + offset] = value;
      const frame = whole.subarray(0, Math.max(54, whole.length - cut));
      if (summed) sumUp(frame);
      const parsed = parsePacket(frame, { linkType: "ethernet" });
      const message = findLayer(parsed, "icmpv6");
      const isQuestion =
        message?.type === "neighbor-solicitation" && message.target === podAddress();
      // Another packet for the pod is sent on to it, which is a redirect too.
      const isAnswered = (await run(frame)).counted.includes("fromNet answered");
      expect(isAnswered).toBe(isQuestion && validateNdp(parsed) === undefined);
      if (isAnswered) answers++;
    }),
    { numRuns: 400 },
  );
  expect(answers).toBeGreaterThan(40);
});

function request(target: IpAddress, sender = neighbour4, toNode = false): PacketDraft {
  return packet(
    ethernet({ source: neighbour.mac, destination: toNode ? scene.uplinkMac : broadcastMac }),
    arp({ senderMac: neighbour.mac, senderIp: sender, targetIp: parseIpv4(target) }),
  );
}

describe("an ARP request from the network", () => {
  it.each<[string, string, boolean]>([
    ["everybody", neighbour4, false],
    ["the node alone", neighbour4, true],
    ["everybody, by who looks whether he may have the address", "0.0.0.0", false],
  ])("to %s for a pod is answered", async (_, sender, toNode) => {
    const target = parseIpv4(scene.web.address[4]);
    const result = await run(request(target, parseIpv4(sender), toNode));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet answered"] });
    const reply = packet(
      ethernet({ source: scene.uplinkMac, destination: neighbour.mac }),
      arp({
        operation: "reply",
        senderMac: scene.uplinkMac,
        senderIp: target,
        targetMac: neighbour.mac,
        targetIp: parseIpv4(sender),
      }),
    );
    expect(matchPacket(result.packet, reply)).toEqual([]);
  });

  it.each<[string, IpAddress]>([
    ["an address that no pod has", absentPod[4]],
    ["the node's own address", parseIpv4("192.0.2.1")],
    ["the pods' gateway", parseIpv4("169.254.1.1")],
    ["nobody", parseIpv4("0.0.0.0")],
  ])("for %s is the kernel's", async (_, target) => {
    const result = await run(request(target));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it("is the kernel's where the device is not chosen", async () => {
    scene.ndpDevices.delete(scene.uplink);
    const result = await run(request(scene.web.address[4]));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it.each<[string, number, number]>([
    ["another hardware type", 15, 6],
    ["another protocol", 16, 0x86],
    ["hardware addresses of 8 bytes", 18, 8],
    ["hardware addresses of 0 bytes", 18, 0],
    ["protocol addresses of 16 bytes", 19, 16],
    ["protocol addresses of 0 bytes", 19, 0],
    ["the operation of a reply", 21, 2],
    ["an operation that is none", 21, 9],
  ])("with %s is not answered", async (_, offset, value) => {
    const bytes = buildPacket(request(scene.web.address[4]));
    bytes[offset] = value;
    const result = await run(bytes);
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
    const fromPod = await scene.run("fromPod", scene.db.ifindex, bytes);
    expect(fromPod).toMatchObject({ verdict: "drop", counted: ["fromPod arpTarget"] });
  });

  it("that announces the sender's address asks nothing", async () => {
    const address = parseIpv4(scene.web.address[4]);
    expect(await run(request(address, address))).toMatchObject({ verdict: "next" });
  });

  it("that is cut short is not answered, wherever it is cut", async () => {
    const whole = buildPacket(request(scene.web.address[4]));
    for (let length = 14; length < whole.length; length++) {
      const { verdict } = await run(whole.subarray(0, length));
      expect([length, verdict]).toEqual([length, "next"]);
      const fromPod = await scene.run("fromPod", scene.db.ifindex, whole.subarray(0, length));
      expect(fromPod).toMatchObject({ verdict: "drop", counted: ["fromPod truncated"] });
    }
  });
});
