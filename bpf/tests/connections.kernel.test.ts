import {
  interfaceIndex,
  type InterfaceIndex,
  type IpAddress,
  ipFamilies,
  type IpFamily,
} from "@heddle/contracts";
import type { Connection } from "@heddle/conntrack";
import { Hook } from "@heddle/datapath";
import {
  type AnyLayer,
  icmp,
  icmpv6,
  ipv6Fragment,
  packet,
  type PacketDraft,
  sctp,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, errorAbout, headers, type Hop, quotation, tcpPacket } from "./drafts.ts";
import { gatewayMac, node, type Outcome, outside, remotePod, Scene } from "./scene.ts";

/** What the programs do with connections; how these go on by their packets is tested against a model elsewhere. */
let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => {
  scene.tellTracking();
  await scene.forget();
});

/** A hop of a packet, with the program that sees it and the device where it does. */
interface Step extends Hop {
  readonly program: "fromPod" | "toPod" | "fromNet";
  readonly ifindex: InterfaceIndex;
  /** The device that the packet came to the node by, of one that is on its way to a pod. */
  readonly ingressIfindex?: InterfaceIndex;
}

function between(source: IpAddress, destination: IpAddress, ttl = 64) {
  return { source, destination, ttl };
}

const fromWeb = (destination: IpAddress, family: IpFamily, ttl?: number): Step => ({
  program: "fromPod",
  ifindex: scene.web.ifindex,
  sourceMac: scene.web.mac,
  destinationMac: gatewayMac,
  ...between(scene.web.address[family], destination, ttl),
});

const fromDb = (destination: IpAddress, family: IpFamily): Step => ({
  program: "fromPod",
  ifindex: scene.db.ifindex,
  sourceMac: scene.db.mac,
  destinationMac: gatewayMac,
  ...between(scene.db.address[family], destination),
});

const fromNet = (source: IpAddress, family: IpFamily, ttl?: number): Step => ({
  program: "fromNet",
  ifindex: scene.uplink,
  sourceMac: gatewayMac,
  destinationMac: scene.uplinkMac,
  ...between(source, scene.web.address[family], ttl),
});

const toWeb = (source: IpAddress, family: IpFamily, ingressIfindex?: InterfaceIndex): Step => ({
  program: "toPod",
  ifindex: scene.web.ifindex,
  ...(ingressIfindex === undefined ? {} : { ingressIfindex }),
  sourceMac: gatewayMac,
  destinationMac: scene.web.mac,
  ...between(source, scene.web.address[family]),
});

async function run(step: Step, ...transport: Parameters<typeof packet>): Promise<Outcome> {
  return await runDraft(step, packet(...headers(step), ...transport));
}

async function runDraft(step: Step, draft: PacketDraft): Promise<Outcome> {
  const { program, ifindex, ingressIfindex } = step;
  const context = ingressIfindex === undefined ? {} : { ingressIfindex };
  return await scene.run(program, ifindex, draft, context);
}

const clientPorts = { sourcePort: 4000, destinationPort: 80 };
const serverPorts = { sourcePort: 80, destinationPort: 4000 };

/** A TCP segment of the connection from port 4000 to port 80, or of its answers. */
function segment(flags: readonly TcpFlag[], ports = clientPorts): AnyLayer {
  return tcp({ ...ports, flags });
}

/** The only connection. */
async function only(): Promise<Connection> {
  const all = await scene.allConnections();
  const [connection] = all;
  if (connection === undefined || all.length > 1) throw new Error(`${String(all.length)} of them`);
  return connection;
}

const passes = { fromPod: "redirect", fromNet: "redirect", toPod: "next" } as const;

async function passing(step: Step, ...transport: Parameters<typeof packet>): Promise<void> {
  expect((await run(step, ...transport)).verdict).toBe(passes[step.program]);
}

describe.each(ipFamilies)("an IPv%i connection", (family) => {
  const there = () => fromWeb(scene.db.address[family], family);
  const back = () => fromDb(scene.web.address[family], family);

  it("has one entry, whose other way its first answer fills in", async () => {
    await passing(there(), segment(["syn"]));
    const before = await scene.decided();
    expect(before).toMatchObject({ original: { hook: Hook.fromPod + 1 }, reply: { hook: 0 } });
    await passing(back(), segment(["syn", "ack"], serverPorts));
    const after = await scene.decided();
    expect(after.reply).toMatchObject({
      hook: Hook.fromPod + 1,
      mac: scene.db.mac,
      ingressIfindex: scene.db.ifindex,
      egressIfindex: scene.web.ifindex,
    });
    expect(after.original).toEqual(before.original);
    expect(await only()).toMatchObject({ packets: { original: 1, reply: 1 }, answered: true });
  });

  it("comes through its states by the packets of both sides", async () => {
    const steps: readonly (readonly [Step, readonly TcpFlag[], Partial<Connection>])[] = [
      [there(), ["syn"], { state: "opening", answered: false }],
      [back(), ["syn", "ack"], { state: "opening", answered: true }],
      [there(), ["ack"], { state: "established" }],
      [back(), ["ack"], { state: "established" }],
      [
        there(),
        ["fin", "ack"],
        { state: "established", finished: { original: true, reply: false } },
      ],
      [back(), ["fin", "ack"], { state: "closing" }],
      [there(), ["ack"], { state: "closing", packets: { original: 4, reply: 3 } }],
      [there(), ["syn"], { state: "opening", packets: { original: 1, reply: 0 } }],
      [back(), ["rst", "ack"], { state: "closing" }],
    ];
    for (const [step, flags, expected] of steps) {
      const ports = step.source === scene.web.address[family] ? clientPorts : serverPorts;
      await passing(step, segment(flags, ports));
      expect(await only()).toMatchObject(expected);
    }
  });

  it("of which the time is over is no connection any more", async () => {
    scene.tellTracking({ clockMask: 0n, clockOffset: 1000n });
    await passing(there(), segment(["syn"]));
    const [[, entry] = []] = await scene.entries();
    scene.tellTracking({ clockMask: 0n, clockOffset: entry?.expires ?? 0n });
    // An answer to nothing that is known passes, and a new one is another connection.
    await passing(back(), segment(["syn", "ack"], serverPorts));
    expect(await scene.entries()).toEqual([]);
    await passing(back(), segment(["ack"], serverPorts));
    expect((await only()).original).toMatchObject({ source: scene.db.address[family] });
  });

  it("from the network is answered by the same entry", async () => {
    await passing(fromNet(outside[family], family), segment(["syn"]));
    await passing(fromWeb(outside[family], family), segment(["syn", "ack"], serverPorts));
    expect(await scene.decided()).toMatchObject({
      original: { hook: Hook.fromNet + 1 },
      reply: { hook: Hook.fromPod + 1, mac: scene.web.mac },
    });
  });

  it("with the node itself is one as well, in both ways", async () => {
    await passing(toWeb(node[family], family), segment(["syn"]));
    const answer = await run(fromWeb(node[family], family), segment(["syn", "ack"], serverPorts));
    expect(answer).toMatchObject({ verdict: "next", counted: ["fromPod toStack"] });
    const after = await run(toWeb(node[family], family), segment(["ack"]));
    expect(after.counted).toEqual(["toPod passed"]);
    expect(await only()).toMatchObject({
      state: "established",
      packets: { original: 2, reply: 1 },
    });
  });
});

describe.each(ipFamilies)("an IPv%i packet that belongs to nothing known", (family) => {
  it.each<[string, () => AnyLayer]>([
    ["an answer", () => segment(["syn", "ack"], serverPorts)],
    ["a reset", () => segment(["rst"], serverPorts)],
    ["an end", () => segment(["fin", "ack"], serverPorts)],
    [
      "an echo reply",
      () =>
        family === 4
          ? icmp({ type: "echo-reply", identifier: 7 })
          : icmpv6({ type: "echo-reply", identifier: 7 }),
    ],
    [
      "the end of an association",
      () => sctp({ ...serverPorts, verificationTag: 7, chunks: [{ type: "abort" }] }),
    ],
  ])("goes on, and leaves no entry: %s", async (_name, make) => {
    await passing(fromWeb(remotePod[family], family), make());
    await passing(fromNet(outside[family], family), make());
    expect(await scene.entries()).toEqual([]);
  });

  it("goes on as an ICMP error, by its own addresses", async () => {
    const lost = {
      ...headersOf(family),
      source: scene.web.address[family],
      destination: outside[family],
    };
    const step = fromNet(remotePod[family], family);
    const result = await runDraft(step, errorAbout(step, quotation(lost, udp())));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
    expect(await scene.entries()).toEqual([]);
  });
});

function headersOf(family: IpFamily): Hop {
  return fromWeb(outside[family], family);
}

describe.each(ipFamilies)("an ICMP error of IPv%i", (family) => {
  it("is counted at the connection that it is about, and decides nothing", async () => {
    await passing(
      fromWeb(outside[family], family),
      udp({ sourcePort: 5000, destinationPort: 33_434 }),
      "12345678",
    );
    const before = await scene.decided();
    // A router on the way sends it, who is no end of the connection.
    const step = fromNet(remotePod[family], family);
    const sent = { ...fromWeb(outside[family], family), ttl: 1 };
    const quoted = quotation(sent, udp({ sourcePort: 5000, destinationPort: 33_434 }));
    const result = await runDraft(step, errorAbout(step, quoted));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
    const after = await scene.decided();
    expect(after).toEqual({
      ...before,
      reply: { ...before.reply, packets: 1n, bytes: after.reply.bytes },
    });
    expect(await only()).toMatchObject({ answered: false, packets: { original: 1, reply: 1 } });
  });

  it("to a pod in another's name makes no entry and is dropped", async () => {
    const step = { ...fromWeb(outside[family], family), source: scene.db.address[family] };
    const quoted = quotation(fromNet(outside[family], family), udp());
    expect(await runDraft(step, errorAbout(step, quoted))).toMatchObject({
      verdict: "drop",
      counted: ["fromPod spoofedAddress"],
    });
    expect(await scene.entries()).toEqual([]);
  });
});

/** A fragment of a UDP datagram of 24 bytes, at its place in units of 8 bytes. */
function fragment(step: Step, offset: number, text: string, identification = 9): PacketDraft {
  const more = offset + text.length / 8 < 4;
  const first = offset === 0;
  const transport = first
    ? [udp({ sourcePort: 5000, destinationPort: 53, length: 32, checksum: 0 })]
    : [];
  if (step.source.includes(":")) {
    const header = ipv6Fragment({
      fragmentOffset: offset * 8,
      moreFragments: more,
      identification,
      nextHeader: "udp",
    });
    return packet(...headers(step), header, ...transport, text);
  }
  const fields = {
    fragmentOffset: offset * 8,
    moreFragments: more,
    identification,
    protocol: "udp",
  } as const;
  return packet(...headers({ ...step, ipv4: fields }), ...transport, text);
}

describe.each(ipFamilies)("fragments of IPv%i", (family) => {
  it("are of their datagram's connection, and decided one by one", async () => {
    const step = fromNet(outside[family], family);
    for (const draft of [fragment(step, 0, "12345678"), fragment(step, 2, "1234567890123456")]) {
      expect(await runDraft(step, draft)).toMatchObject({ counted: ["fromNet toPod"] });
    }
    expect(await only()).toMatchObject({
      original: { protocol: "udp", sourcePort: 5000, destinationPort: 53 },
      packets: { original: 2, reply: 0 },
    });
    expect((await scene.decided()).original.hook).toBe(0);
  });

  it("of a datagram whose beginning is not known go on by their addresses", async () => {
    const step = fromNet(outside[family], family);
    const result = await runDraft(step, fragment(step, 2, "1234567890123456", 10));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
    expect(await scene.entries()).toEqual([]);
  });

  it("that overlap are dropped, with all that follows", async () => {
    const step = fromNet(outside[family], family);
    await runDraft(step, fragment(step, 0, "1234567812345678", 11));
    for (const offset of [2, 3]) {
      const result = await runDraft(step, fragment(step, offset, "12345678", 11));
      expect(result).toMatchObject({ verdict: "drop", counted: ["fromNet overlappingFragment"] });
    }
  });

  it("in another pod's name do not spoil its datagrams", async () => {
    const own = fromWeb(remotePod[family], family);
    const forged = { ...fromDb(remotePod[family], family), source: own.source };
    expect(await runDraft(forged, fragment(forged, 0, "1234567812345678", 12))).toMatchObject({
      counted: ["fromPod spoofedAddress"],
    });
    await runDraft(own, fragment(own, 0, "12345678", 12));
    const later = await runDraft(own, fragment(own, 2, "1234567890123456", 12));
    expect(later).toMatchObject({ verdict: "redirect" });
  });
});

describe.each(ipFamilies)("an IPv%i packet that meets two of our programs", (family) => {
  const large = "x".repeat(1480);

  it("is taken into its connection by the first: from the network, by the stack", async () => {
    for (const packets of [1, 2]) {
      const first = await run(fromNet(outside[family], family), segment(["ack"]), large);
      expect(first).toMatchObject({ verdict: "next", counted: ["fromNet tooBig"] });
      const second = await run(
        toWeb(outside[family], family, scene.uplink),
        segment(["ack"]),
        large,
      );
      expect(second).toMatchObject({ verdict: "next", counted: ["toPod passed"] });
      expect(await only()).toMatchObject({ packets: { original: packets, reply: 0 } });
    }
    expect((await scene.decided()).original.hook).toBe(Hook.fromNet + 1);
  });

  it("is taken into its connection by the first: from another pod, by the stack", async () => {
    const step = fromDb(scene.web.address[family], family);
    await run(step, segment(["fin", "ack"]), large);
    await runDraft(step, packet(...headers(step), segment(["ack"]), large));
    const arriving = toWeb(scene.db.address[family], family, scene.db.ifindex);
    await run(arriving, segment(["ack"]), large);
    expect(await only()).toMatchObject({ packets: { original: 1, reply: 0 } });
  });

  it("is taken into its connection at the pod when it was another's before, as after translation", async () => {
    for (const packets of [1, 2]) {
      const result = await run(toWeb(outside[family], family, scene.uplink), segment(["ack"]));
      expect(result.verdict).toBe("next");
      expect(await only()).toMatchObject({ packets: { original: packets, reply: 0 } });
    }
    expect((await scene.decided()).original.hook).toBe(Hook.toPod + 1);
  });

  it("is counted once as an ICMP error", async () => {
    const ports = { sourcePort: 5000, destinationPort: 33_434 };
    await passing(fromWeb(outside[family], family), udp(ports), "12345678");
    const quoted = quotation({ ...fromWeb(outside[family], family), ttl: 1 }, udp(ports));
    const steps = [
      fromNet(remotePod[family], family),
      toWeb(remotePod[family], family, scene.uplink),
    ];
    for (const step of steps) await runDraft(step, errorAbout(step, quoted));
    expect(await only()).toMatchObject({ packets: { original: 1, reply: 1 } });
  });

  it("goes on in smaller fragments than those that the first one saw", async () => {
    const seen = fromNet(outside[family], family);
    await runDraft(seen, fragment(seen, 0, "1234567812345678", 13));
    const smaller = toWeb(outside[family], family, scene.uplink);
    for (const offset of [0, 2]) {
      const result = await runDraft(smaller, fragment(smaller, offset, "12345678", 13));
      expect(result).toMatchObject({ verdict: "next", counted: ["toPod passed"] });
    }
    expect(await only()).toMatchObject({ packets: { original: 1, reply: 0 } });
  });

  it("is taken into its connection at the pod when it came by a device without programs", async () => {
    await passing(toWeb(outside[family], family, interfaceIndex(9999)), segment(["syn"]));
    expect((await scene.decided()).original.hook).toBe(Hook.toPod + 1);
    // The way changes: from now on it comes by a device that has them.
    await passing(fromNet(outside[family], family), segment(["ack"]));
    expect((await scene.decided()).original.hook).toBe(Hook.fromNet + 1);
    expect(await only()).toMatchObject({ packets: { original: 2 }, state: "established" });
  });
});

describe.each(ipFamilies)("an IPv%i packet that dies at this node", (family) => {
  it("changes no connection, and begins none", async () => {
    const dying = fromNet(outside[family], family, 1);
    expect(await run(dying, segment(["syn"]))).toMatchObject({ counted: ["fromNet ttlExpired"] });
    expect(await scene.entries()).toEqual([]);
    await passing(fromNet(outside[family], family), segment(["ack"]));
    const before = await only();
    for (const flags of [["rst"], ["fin", "ack"]] as const) {
      expect(await run(dying, segment(flags))).toMatchObject({ counted: ["fromNet ttlExpired"] });
    }
    expect(await only()).toEqual(before);
  });
});

/** A segment between a client's port and the server, or of the answers. */
function client(port: number, flags: readonly TcpFlag[], back = false): Promise<Outcome> {
  const ports = { sourcePort: port, destinationPort: 80 };
  const turned = { sourcePort: 80, destinationPort: port };
  return back
    ? run(fromDb(scene.web.address[4], 4), segment(flags, turned))
    : run(fromWeb(scene.db.address[4], 4), segment(flags, ports));
}

async function establish(port: number): Promise<void> {
  await client(port, ["syn"]);
  await client(port, ["syn", "ack"], true);
  await client(port, ["ack"]);
}

describe("a table that is full", () => {
  it("refuses new connections when all stand, which go on", async () => {
    scene.tellTracking({ limit: 2n });
    for (const port of [1, 2]) await establish(port);
    const refused = await client(3, ["syn"]);
    expect(refused).toMatchObject({ verdict: "drop", counted: ["fromPod tableFull"] });
    for (const port of [1, 2]) expect((await client(port, ["ack"])).verdict).toBe("redirect");
    expect(await scene.entries()).toHaveLength(2);
  });

  it("gives the place of what is half-open to the next", async () => {
    scene.tellTracking({ limit: 2n });
    await establish(1);
    for (const port of [2, 3, 4]) expect((await client(port, ["syn"])).verdict).toBe("redirect");
    const ports = (await scene.allConnections()).map(({ original }) => original.sourcePort);
    expect(new Set(ports)).toEqual(new Set([1, 4]));
  });
});

it("nothing is tracked before somebody says how, and packets go on", async () => {
  scene.tellTracking({ limit: 0n });
  await passing(fromWeb(remotePod[4], 4), segment(["syn"]));
  await passing(fromNet(outside[6], 6), segment(["ack"]));
  expect(await scene.entries()).toEqual([]);
});

it.each(ipFamilies)("an IPv%i echo has requests one way and replies the other", async (family) => {
  const there = fromWeb(scene.db.address[family], family);
  const back = fromDb(scene.web.address[family], family);
  const reply =
    family === 4
      ? icmp({ type: "echo-reply", identifier: 7 })
      : icmpv6({ type: "echo-reply", identifier: 7 });
  for (let round = 1; round < 4; round++) {
    await runDraft(there, echoPacket(there));
    await run(back, reply);
    expect(await only()).toMatchObject({ packets: { original: round, reply: round } });
  }
});

it.each(ipFamilies)("an IPv%i echo reply from the side that asks is dropped", async (family) => {
  const there = fromWeb(scene.db.address[family], family);
  // Without an identifier the ends do not differ by it.
  const echo = (type: "echo-request" | "echo-reply") =>
    family === 4 ? icmp({ type, identifier: 0 }) : icmpv6({ type, identifier: 0 });
  await passing(there, echo("echo-request"));
  const wrong = await run(there, echo("echo-reply"));
  expect(wrong).toMatchObject({ verdict: "drop", counted: ["fromPod wrongDirection"] });
  expect(await only()).toMatchObject({ packets: { original: 1, reply: 0 } });
});

it("an SCTP association is decided by its entry like any other connection", async () => {
  const there = fromWeb(scene.db.address[4], 4);
  const back = fromDb(scene.web.address[4], 4);
  await passing(there, sctp({ ...clientPorts, verificationTag: 0, chunks: [{ type: "init" }] }));
  await passing(back, sctp({ ...serverPorts, verificationTag: 7, chunks: [{ type: "init-ack" }] }));
  await passing(there, sctp({ ...clientPorts, verificationTag: 7, chunks: [{ type: "sack" }] }));
  expect(await only()).toMatchObject({ state: "established", packets: { original: 2, reply: 1 } });
  await passing(there, sctp({ ...clientPorts, verificationTag: 7, chunks: [{ type: "abort" }] }));
  expect(await only()).toMatchObject({ state: "closing", packets: { original: 3, reply: 1 } });
});

describe("an endpoint whose value is newer or older than its epoch", () => {
  it.each([1, 0xffff_ffff])("decides each packet for itself: epoch %i", async (epoch) => {
    const { ifindex, slot, mac, address } = scene.db;
    const value = { ifindex, epochSlot: slot, mac, mtu: 1500 };
    scene.endpoints.set(address[4], { ...value, epoch });
    try {
      for (const packets of [1n, 2n]) {
        await passing(fromWeb(address[4], 4), segment(["ack"]));
        expect((await scene.decided()).original).toMatchObject({ packets, hook: 0 });
      }
    } finally {
      scene.addEndpoint(scene.db);
    }
    await passing(fromWeb(address[4], 4), segment(["ack"]));
    expect((await scene.decided()).original).toMatchObject({ packets: 3n, hook: Hook.fromPod + 1 });
  });
});

it("a segment of a known connection is counted with its IP length, without padding", async () => {
  const step = fromWeb(scene.db.address[4], 4);
  await runDraft(step, tcpPacket(step, "hello"));
  await runDraft(step, { ...tcpPacket(step, "hello"), trailer: new Uint8Array(10) });
  expect(await only()).toMatchObject({ bytes: { original: 90 } });
});
