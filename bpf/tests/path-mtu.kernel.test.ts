import { ipFamilies, type IpFamily } from "@heddle/contracts";
import { decapsulate } from "@heddle/encap-geneve";
import {
  type AnyLayer,
  buildPacket,
  findLayer,
  icmp,
  icmpv6,
  type Packet,
  packet,
  type PacketDraft,
  parsePacket,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { requireFeature, waitUntil } from "@heddle/testing";
import type { SkbContext } from "libbpf-napi";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, headers, type Hop, tcpPacket } from "./drafts.ts";
import { node, type Outcome, outside, peer, remotePod } from "./scene.ts";
import { connectTunnels, parseTunnelled, slots, TunnelScene } from "./tunnel-scene.ts";

let tunnels: TunnelScene;

/** Of the network between the nodes, and what a router in it takes. */
const wide = 1500;
const told = 1400;

/** Bytes that a tunnel takes of each packet. */
const overhead = { 4: 50, 6: 70 } as const;

/** What is different about a router's message. */
interface Message {
  readonly mtu?: number;
  readonly quoted?: Partial<Hop>;
  /** Of the quoted packet's UDP header. */
  readonly ports?: { readonly sourcePort?: number; readonly destinationPort?: number };
  /** Bytes of the quoted packet. */
  readonly length?: number;
  readonly checksum?: number;
  readonly destination?: Hop["destination"];
}

const learnt = () => tunnels.scene.tunnels.tunnels.get(slots.peer);

/** A segment of the pod `web` with so many bytes. */
const segment = (family: IpFamily, bytes: number) =>
  tcpPacket(tunnels.sent(remotePod[family]), "x".repeat(bytes));

/** What the node's stack, or the tunnel device, sends. */
const route = (draft: PacketDraft, context: SkbContext = {}) =>
  tunnels.scene.run("toTunnel", tunnels.scene.uplink, draft, context);

/** Headers of what routers may not fragment. */
const whole = (family: IpFamily, ipv4: Hop["ipv4"] = {}) =>
  headers(tunnels.sent(remotePod[family], { ipv4: { dontFragment: true, ...ipv4 } }));

function expectRightChecksums(answer: Packet): void {
  const verdicts = verifyChecksums(answer).map(({ verdict }) => verdict);
  expect(new Set(verdicts)).toEqual(new Set(["correct"]));
}

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  beforeAll(async () => (tunnels = await TunnelScene.create(underlay)));
  beforeEach(async () => {
    const { scene } = tunnels;
    connectTunnels(scene.tunnels, underlay);
    scene.tunnels.self.set(0, { ipv4: node[4], ipv6: node[6], ifindex: scene.uplink });
    await scene.forget();
  });
  afterAll(async () => tunnels[Symbol.asyncDispose]());

  /** What a router says of a packet of this node's tunnel. */
  function tell(message: Message = {}): Promise<Outcome> {
    const { mtu = told, quoted: hop = {}, ports, length = wide, checksum } = message;
    const sent = { source: node[underlay], destination: peer[underlay], ...hop };
    const ipv4 = { dontFragment: true, identification: 0, ...hop.ipv4 };
    const [, ...outer] = headers({ ...tunnels.fromNetwork(sent), ipv4 });
    const udpLayer = udp({ sourcePort: 50_000, destinationPort: 6081, checksum: 0, ...ports });
    const payload = new Uint8Array(length - (underlay === 4 ? 20 : 40) - 8);
    const quoted: PacketDraft = { layers: [...outer, udpLayer], payload };
    const given = checksum === undefined ? {} : { checksum };
    const error: AnyLayer =
      underlay === 4
        ? icmp({
            type: "destination-unreachable",
            code: "fragmentation-needed",
            nextHopMtu: mtu,
            quoted,
            ...given,
          })
        : icmpv6({ type: "packet-too-big", mtu, quoted, ...given });
    const { destination = node[underlay] } = message;
    const from = tunnels.fromNetwork({ source: outside[underlay], destination });
    return tunnels.receive(buildPacket(packet(...headers(from), error)));
  }

  it("a router's word narrows the way to the other node, for ten minutes", async () => {
    expect(await tell()).toMatchObject({ verdict: "next", counted: ["fromNet tunnelNarrow"] });
    const { mtu, expires } = learnt() ?? {};
    expect(mtu).toBe(told - overhead[underlay]);
    const left = Number((expires ?? 0n) - process.hrtime.bigint()) / 1e9;
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThanOrEqual(600);
    expect(tunnels.scene.tunnels.tunnels.get(slots.third)?.mtu).toBe(0);
  });

  it.each<readonly [string, Message]>([
    ["by another node", { quoted: { source: outside[underlay] } }],
    ["to nobody whom we have a tunnel to", { quoted: { destination: outside[underlay] } }],
    ["to another port", { ports: { destinationPort: 53 } }],
    ["from a port that tunnels do not have", { ports: { sourcePort: 49_151 } }],
    ["that would have fitted", { length: told }],
    ["in a message whose checksum is wrong", { checksum: 0x1234 }],
    ["in a message to another node", { destination: peer[underlay] }],
    ...(underlay === 4
      ? ([
          ["that may be fragmented", { quoted: { ipv4: { dontFragment: false } } }],
          ["that is a fragment", { quoted: { ipv4: { fragmentOffset: 8 } } }],
          ["with a number", { quoted: { ipv4: { identification: 7 } } }],
        ] as const)
      : ([["that every IPv6 link takes", { mtu: 1279 }]] as const)),
  ])("a message about a packet %s says nothing", async (_name, message) => {
    expect(await tell(message)).toMatchObject({ verdict: "next" });
    expect(learnt()).toMatchObject({ mtu: 0, expires: 0n });
  });

  it("no message widens a way, but time does", async () => {
    await tell({ mtu: 1300 });
    await tell({ mtu: 1350 });
    expect(learnt()?.mtu).toBe(1300 - overhead[underlay]);
    tunnels.scene.tunnels.tunnels.set(slots.peer, {
      peer: peer[underlay],
      mtu: 1300 - overhead[underlay],
      expires: 1n,
    });
    const large = segment(4, 1350);
    expect(await tunnels.send(large)).toMatchObject({ counted: ["fromPod toTunnel"] });
    await tell({ mtu: 1350 });
    expect(learnt()?.mtu).toBe(1350 - overhead[underlay]);
  });

  it.runIf(underlay === 4)("a way is not believed to take less than 552 bytes", async () => {
    await tell({ mtu: 68 });
    expect(learnt()?.mtu).toBe(552);
    expect(await tunnels.send(segment(4, 512))).toMatchObject({ counted: ["fromPod toTunnel"] });
    expect(await tunnels.send(segment(4, 513))).toMatchObject({ counted: ["fromPod tooBig"] });
    // What every IPv6 link takes goes anywhere.
    expect(await tunnels.send(segment(6, 1220))).toMatchObject({ counted: ["fromPod toTunnel"] });
    expect(await tunnels.send(segment(6, 1221))).toMatchObject({ counted: ["fromPod tooBig"] });
  });

  it("established flows keep to it at once", async () => {
    const large = segment(4, 1350);
    expect(await tunnels.send(large)).toMatchObject({ counted: ["fromPod toTunnel"] });
    await tell();
    expect(await tunnels.send(large)).toMatchObject({
      verdict: "redirect",
      counted: ["fromPod tooBig"],
    });
  });

  it.each(ipFamilies)("the sender of a large IPv%i packet is told", async (family) => {
    await tell();
    const draft = tcpPacket(
      tunnels.sent(remotePod[family], { ipv4: { dontFragment: true } }),
      "x".repeat(1350),
    );
    const sent = buildPacket(draft);
    for (const context of [{}, { gsoSize: 1340, gsoSegs: 2 }]) {
      const { verdict, counted, bytes } = await route(draft, context);
      expect({ verdict, counted }).toEqual({ verdict: "redirect", counted: ["toTunnel told"] });
      const answer = parsePacket(bytes, { linkType: "ethernet" });
      const mtu = told - overhead[underlay];
      expect(answer.layers.slice(0, 3)).toMatchObject([
        { kind: "ethernet", destination: "02:68:65:64:64:6c" },
        { source: remotePod[family], destination: tunnels.scene.web.address[family] },
        family === 4
          ? { type: "destination-unreachable", code: "fragmentation-needed", nextHopMtu: mtu }
          : { type: "packet-too-big", mtu },
      ]);
      expectRightChecksums(answer);
      const [size, header] = family === 4 ? [576, 28] : [1280, 48];
      expect(bytes.length).toBe(14 + size);
      expect(bytes.subarray(14 + header)).toEqual(sent.subarray(14, 14 + size - header));
    }
  });

  it("who sent an ICMP error, or a later fragment, is not told", async () => {
    await tell();
    const quoted: PacketDraft = { layers: [], payload: new Uint8Array(1400) };
    for (const draft of [
      packet(...whole(4), icmp({ type: "time-exceeded", quoted })),
      packet(...whole(6), icmpv6({ type: "time-exceeded", quoted })),
      { layers: whole(4, { fragmentOffset: 8, protocol: "udp" }), payload: new Uint8Array(1400) },
    ]) {
      expect(await route(draft)).toMatchObject({ verdict: "drop", counted: ["toTunnel untold"] });
    }
  });

  const ports = { sourcePort: 4000, destinationPort: 53 };
  const data = Uint8Array.from({ length: 1390 }, (_, index) => index);

  it.each([
    ["a packet", {}, 0, false],
    ["a fragment that is not the last", { fragmentOffset: 80, moreFragments: true }, 80, true],
  ] as const)("%s becomes fragments as large as fit", async (_name, ipv4, begin, goesOn) => {
    await tell();
    const hop = tunnels.sent(remotePod[4], {
      ipv4: { protocol: "udp", identification: 77, ...ipv4 },
    });
    const payload = data.subarray(0, 1384);
    const found = [];
    const units = Math.floor((told - overhead[underlay] - 20) / 8);
    for (const index of [0, 1]) {
      const bytes = buildPacket({ layers: headers(hop), payload });
      bytes.set([0x06, 0x66, units & 0xff, units >> 8, index, 0], 6);
      const outcome = await tunnels.scene.run("toTunnelCut", tunnels.scene.db.ifindex, bytes);
      expect(outcome.counted).toEqual(["toTunnel toTunnel"]);
      const inner = decapsulate(parseTunnelled(outcome), { zeroChecksumOverIpv6: true });
      if (inner.outcome !== "deliver") throw new Error(inner.outcome);
      found.push(inner.inner);
    }
    const parsed = found.map((bytes) => parsePacket(bytes, { linkType: "ethernet" }));
    expect(parsed.map((fragment) => findLayer(fragment, "ipv4"))).toMatchObject([
      {
        identification: 77,
        fragmentOffset: begin,
        moreFragments: true,
        totalLength: 20 + units * 8,
      },
      { identification: 77, fragmentOffset: begin + units * 8, moreFragments: goesOn },
    ]);
    for (const fragment of parsed) {
      expect(verifyChecksums(fragment)[0]).toMatchObject({ kind: "ipv4", verdict: "correct" });
    }
    const parts = found.flatMap((bytes) => Array.from(bytes.subarray(14 + 20)));
    expect(Uint8Array.from(parts)).toEqual(payload);
  });

  it("an echo that fits is let through", async () => {
    await tell();
    expect(await route(echoPacket(tunnels.sent(remotePod[4])))).toMatchObject({
      counted: ["toTunnel toTunnel"],
    });
  });

  // The last one, since a program that is attached counts what the kernel itself sends there, until the scene goes.
  it("what may be fragmented goes to the other end of the device, and on in fragments", async (context) => {
    await requireFeature(context, "tcx");
    await tell();
    const draft = packet(...headers(tunnels.sent(remotePod[4])), udp(ports), data);
    expect(await route(draft)).toMatchObject({ verdict: "next", counted: ["toTunnel tooBig"] });
    const { scene } = tunnels;
    await scene.attach("toTunnelCut", scene.db.ifindex);
    const before = scene.count("toTunnel toTunnel");
    const { verdict, counted } = await scene.run("toTunnelCut", scene.db.ifindex, draft);
    expect(verdict).toBe("redirect");
    expect(counted).toContain("toTunnel fragmented");
    // Nobody redirects the last one, since what is run is not sent.
    await waitUntil("the first", () => scene.count("toTunnel toTunnel") === before + 1n);
  });
});
