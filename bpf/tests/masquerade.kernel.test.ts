import {
  type InterfaceIndex,
  type IpAddress,
  ipFamilies,
  type IpFamily,
  parsePrefix,
} from "@heddle/contracts";
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
  tcp,
  type TcpFlag,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { waitUntil } from "@heddle/testing";
import { openRingBuffer } from "libbpf-napi";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorAbout, headers, type Hop, quotation } from "./drafts.ts";
import { openNodeSockets } from "./node-sockets.ts";
import { datagramOf, piecesOf } from "./pieces.ts";
import {
  gatewayMac,
  node,
  type Outcome,
  outside,
  remotePod,
  router,
  Scene,
  silent,
} from "./scene.ts";
import { verdictsOf } from "./translated-packet.ts";

/** What pods send out of the cluster, and what comes back. How ports are chosen is tested against a model elsewhere. */
let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => {
  scene.tellTracking();
  await scene.forget();
  await scene.masquerade({});
});

const fromWeb = (destination: IpAddress, family: IpFamily, more: Partial<Hop> = {}): Hop => ({
  sourceMac: scene.web.mac,
  destinationMac: gatewayMac,
  source: scene.web.address[family],
  destination,
  ...more,
});

const fromDb = (destination: IpAddress, family: IpFamily): Hop => ({
  ...fromWeb(destination, family),
  sourceMac: scene.db.mac,
  source: scene.db.address[family],
});

/** From the network to the node. */
const inward = (family: IpFamily, more: Partial<Hop> = {}): Hop => ({
  sourceMac: gatewayMac,
  destinationMac: scene.uplinkMac,
  source: outside[family],
  destination: node[family],
  ...more,
});

/** What the node's stack sends to the network. */
const outward = (family: IpFamily, more: Partial<Hop> = {}): Hop => ({
  ...inward(family),
  source: node[family],
  destination: outside[family],
  ...more,
});

type Frame = PacketDraft | Uint8Array;
const send = (frame: Frame) => scene.run("fromPod", scene.web.ifindex, frame);
const sendFromDb = (frame: Frame) => scene.run("fromPod", scene.db.ifindex, frame);
const receive = (frame: Frame) => scene.run("fromNet", scene.uplink, frame);
const leave = (frame: Frame, ingressIfindex?: InterfaceIndex) =>
  scene.run("toNet", scene.uplink, frame, ingressIfindex === undefined ? {} : { ingressIfindex });

/** What one protocol sends, and is answered with. */
interface Talk {
  readonly ask: (port?: number) => AnyLayer;
  readonly answer: (port: number) => AnyLayer;
  /** The end that is translated: a port, or the identifier of an echo. */
  readonly ends: (packet: Packet) => { readonly asked: number; readonly answered: number };
}

const request = (sourcePort = 40_000, flags: readonly TcpFlag[] = ["syn"]): AnyLayer =>
  tcp({ sourcePort, destinationPort: 80, flags });
const response = (destinationPort: number, flags: readonly TcpFlag[] = ["syn", "ack"]): AnyLayer =>
  tcp({ sourcePort: 80, destinationPort, flags });
const datagram = (sourcePort = 40_000): AnyLayer => udp({ sourcePort, destinationPort: 53 });
const reply = (destinationPort: number): AnyLayer => udp({ sourcePort: 53, destinationPort });

function portsOf(seen: Packet) {
  const layer = findLayer(seen, "tcp") ?? findLayer(seen, "udp");
  return { asked: layer?.sourcePort ?? 0, answered: layer?.destinationPort ?? 0 };
}

function echoOf(seen: Packet) {
  const layer = findLayer(seen, "icmp") ?? findLayer(seen, "icmpv6");
  const identifier = layer !== undefined && "identifier" in layer ? layer.identifier : 0;
  return { asked: identifier, answered: identifier };
}

const echo = (family: IpFamily, type: "echo-request" | "echo-reply", identifier: number) =>
  family === 4 ? icmp({ type, identifier }) : icmpv6({ type, identifier });

const talks = (family: IpFamily): Readonly<Record<"tcp" | "udp" | "echo", Talk>> => ({
  tcp: { ask: request, answer: response, ends: portsOf },
  udp: { ask: datagram, answer: reply, ends: portsOf },
  echo: {
    ask: (identifier = 40_000) => echo(family, "echo-request", identifier),
    answer: (identifier) => echo(family, "echo-reply", identifier),
    ends: echoOf,
  },
});

function sourceOf(seen: Packet): IpAddress | undefined {
  return (findLayer(seen, "ipv4") ?? findLayer(seen, "ipv6"))?.source;
}

function destinationOf(seen: Packet): IpAddress | undefined {
  return (findLayer(seen, "ipv4") ?? findLayer(seen, "ipv6"))?.destination;
}

function expectRightChecksums(seen: Packet): void {
  expect(verdictsOf(seen).filter((verdict) => !verdict.endsWith(" correct"))).toEqual([]);
}

/** A new connection of the pod, and the port that it leaves with. */
async function begin(
  hop: Hop,
  layer: AnyLayer,
  run: (frame: Frame) => Promise<Outcome> = send,
): Promise<number> {
  const { packet: sent, verdict } = await run(packet(...headers(hop), layer));
  expect(verdict).toBe("redirect");
  expect(sourceOf(sent)).toBe(node[hop.source.includes(":") ? 6 : 4]);
  return (
    findLayer(sent, "tcp") ? portsOf(sent) : findLayer(sent, "udp") ? portsOf(sent) : echoOf(sent)
  ).asked;
}

/** What there is of translated connections. */
async function held() {
  const entries = await scene.entries();
  const uses = await Array.fromAsync(scene.nat.ports.entries());
  return {
    entries: entries.length,
    translated: Number(scene.gauges.translated),
    ports: uses.reduce((sum, [, { used }]) => sum + Number(used), 0),
  };
}

describe.each(ipFamilies)("over IPv%i, the outside", (family) => {
  describe.each(["tcp", "udp", "echo"] as const)("that a pod talks to by %s", (kind) => {
    const { ask, answer, ends } = talks(family)[kind];

    it("sees the node's address, and its answers reach the pod", async () => {
      for (let round = 0; round < 3; round++) {
        const sent = await send(
          packet(...headers(fromWeb(outside[family], family)), ask(), "ping"),
        );
        expect(sent).toMatchObject({ verdict: "redirect", counted: ["fromPod toNeighbour"] });
        expect(sourceOf(sent.packet)).toBe(node[family]);
        expect(destinationOf(sent.packet)).toBe(outside[family]);
        expect(ends(sent.packet).asked).toBe(40_000);
        expectRightChecksums(sent.packet);

        const got = await receive(packet(...headers(inward(family)), answer(40_000), "pong"));
        expect(got).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
        expect(destinationOf(got.packet)).toBe(scene.web.address[family]);
        expect(sourceOf(got.packet)).toBe(outside[family]);
        expect(ends(got.packet).answered).toBe(40_000);
        expectRightChecksums(got.packet);
      }
      const [connection, ...others] = await scene.allConnections();
      expect(others).toEqual([]);
      expect(connection?.packets).toEqual({ original: 3, reply: 3 });
      expect(await held()).toEqual({ entries: 2, translated: 1, ports: 1 });
    });

    it("sees another port when the pod's own is another pod's, and each is answered", async () => {
      await begin(fromWeb(outside[family], family), ask());
      const port = await begin(fromDb(outside[family], family), ask(), sendFromDb);
      expect(port).not.toBe(40_000);
      expect(port).toBeGreaterThanOrEqual(32_768);
      const pods = [
        [40_000, scene.web],
        [port, scene.db],
      ] as const;
      for (const [translated, pod] of pods) {
        const got = await receive(packet(...headers(inward(family)), answer(translated), "pong"));
        expect(got).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
        expect(destinationOf(got.packet)).toBe(pod.address[family]);
        expect(ends(got.packet).answered).toBe(40_000);
        expectRightChecksums(got.packet);
      }
    });
  });
});

describe.each(ipFamilies)("over IPv%i", (family) => {
  const asked = (port = 40_000, flags?: readonly TcpFlag[], payload = "") =>
    packet(...headers(fromWeb(outside[family], family)), request(port, flags), payload);
  const answered = (port = 40_000, flags?: readonly TcpFlag[], more?: Partial<Hop>) =>
    packet(...headers(inward(family, more)), response(port, flags), "pong");
  const establish = async () => {
    await begin(fromWeb(outside[family], family), request());
    await receive(answered());
    await send(asked(40_000, ["ack"]));
  };

  const kept: readonly (readonly [string, IpAddress, Parameters<Scene["masquerade"]>[0]])[] = [
    ["another node's pod", remotePod[family], {}],
    ["a neighbour of the node", silent[family], {}],
    [
      "a prefix that is excluded",
      outside[family],
      { exclude: [parsePrefix(family === 4 ? "198.51.100.0/24" : "2001:db8:ffff::/48")] },
    ],
  ];
  it.each(kept)("what goes to %s keeps its source", async (_name, destination, options) => {
    await scene.masquerade(options);
    const sent = await send(packet(...headers(fromWeb(destination, family)), request()));
    expect(sent).toMatchObject({ verdict: "redirect" });
    expect(sourceOf(sent.packet)).toBe(scene.web.address[family]);
    expect(await held()).toEqual({ entries: 1, translated: 0, ports: 0 });
  });

  it("what goes to another pod of the node, or to the node, keeps its source", async () => {
    for (const destination of [scene.db.address[family], node[family]]) {
      const sent = await send(packet(...headers(fromWeb(destination, family)), request()));
      expect(sourceOf(sent.packet)).toBe(scene.web.address[family]);
    }
    expect(await held()).toMatchObject({ translated: 0 });
  });

  it("each device has addresses of its own, or none", async () => {
    const other = router[family];
    await scene.masquerade({ devices: [{ ifindex: scene.uplink, addresses: [other] }] });
    expect(sourceOf((await send(asked())).packet)).toBe(other);
    await scene.masquerade({ devices: [{ ifindex: scene.uplink, addresses: [] }] });
    expect(sourceOf((await send(asked(40_001))).packet)).toBe(scene.web.address[family]);
    // What stands keeps what it has.
    expect(sourceOf((await send(asked())).packet)).toBe(other);
  });

  it("connections stand when nothing is to be translated any more", async () => {
    await establish();
    await scene.masquerade();
    expect(sourceOf((await send(asked(40_000, ["ack"]))).packet)).toBe(node[family]);
    expect(destinationOf((await receive(answered(40_000, ["ack"]))).packet)).toBe(
      scene.web.address[family],
    );
    expect(sourceOf((await send(asked(40_001))).packet)).toBe(scene.web.address[family]);
  });

  it("a connection that has ended begins anew with its port, and goes as a whole", async () => {
    await establish();
    await send(asked(40_000, ["rst"]));
    expect(await begin(fromWeb(outside[family], family), request())).toBe(40_000);
    expect(await held()).toEqual({ entries: 2, translated: 1, ports: 1 });
    expect(await scene.allConnections()).toMatchObject([{ state: "opening" }]);
  });

  it("packets of one jiffy are translated by the CPU's own copy", async () => {
    await establish();
    const rows = [
      ["fromPod", scene.web.ifindex, asked(40_000, ["ack"]), sourceOf, node[family]],
      [
        "fromNet",
        scene.uplink,
        answered(40_000, ["ack"]),
        destinationOf,
        scene.web.address[family],
      ],
    ] as const;
    for (const [program, ifindex, draft, end, address] of rows) {
      const data = buildPacket(draft);
      const before = (await scene.copiedPackets()).length;
      const packets = Array.from({ length: 500 }, () => ({ data, context: { ifindex } }));
      // A jiffy may end in between, and then there is no copy.
      await waitUntil(`a copy for ${program}`, async () => {
        const { netns } = scene;
        const outcomes = await scene.program(program).testRuns({ packets, netns: netns.path });
        const [first, ...others] = outcomes.map((one) =>
          one.refused === undefined ? Buffer.from(one.data) : undefined,
        );
        if (first === undefined) throw new Error("the kernel took no packet");
        const parsed = parsePacket(first, { linkType: "ethernet" });
        expect(end(parsed)).toBe(address);
        expectRightChecksums(parsed);
        expect(others.filter((other) => other?.equals(first) !== true)).toEqual([]);
        return (await scene.copiedPackets()).length > before;
      });
    }
  });

  it("what cannot be translated does not leave", async () => {
    for (const flags of [["rst"], ["syn", "ack"]] as const) {
      expect(await send(asked(40_000, flags))).toMatchObject({
        verdict: "drop",
        counted: ["fromPod untranslated"],
      });
    }
    const later = lastPiece(fromWeb(outside[family], family), datagram());
    expect(await send(later)).toMatchObject({
      verdict: "drop",
      counted: ["fromPod untranslated"],
    });
  });

  it("ports that run out are refused, counted and told of before", async () => {
    const warnings: unknown[] = [];
    using _reader = openRingBuffer(scene.nat.warnings, {
      onEvents: (events) => warnings.push(...events),
      onError: (error) => expect.unreachable(error.message),
    });
    await scene.masquerade({ ports: { first: 40_000, last: 40_001 }, warnAt: 1 });
    await begin(fromWeb(outside[family], family), request());
    await begin(fromWeb(outside[family], family), request(40_001));
    const refused = await sendFromDb(
      packet(...headers(fromDb(outside[family], family)), request(40_000)),
    );
    expect(refused).toMatchObject({ verdict: "drop", counted: ["fromPod portsExhausted"] });
    expect(await held()).toEqual({ entries: 4, translated: 2, ports: 2 });
    await waitUntil("a warning", () => warnings.length > 0);
    expect(warnings).toMatchObject([{ used: 2n, capacity: 2n }]);
    // Another server's ports are others.
    await begin(fromDb(outside[family], family), datagram(), sendFromDb);
  });

  it("errors about what a pod sent reach it, as about what it sent", async () => {
    const port = await openSecond(family);
    const sent = { ...outward(family), source: node[family], destination: outside[family] };
    for (const quoted of [
      quotation(sent, datagram(port)),
      quotation(sent, udp({ sourcePort: port, destinationPort: 53, checksum: 0x1234 })),
    ]) {
      const error = errorAbout(inward(family, { source: router[family] }), quoted);
      const got = await receive(error);
      expect(got).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
      expect(destinationOf(got.packet)).toBe(scene.db.address[family]);
      const inner = quotedBy(got.packet);
      expect(inner && sourceOf(inner)).toBe(scene.db.address[family]);
      expect(inner && portsOf(inner).asked).toBe(40_000);
      expect(verifyChecksums(got.packet).map(({ verdict }) => verdict)).not.toContain("wrong");
    }
    const before = (await scene.allConnections()).length;
    const stranger = await receive(
      errorAbout(inward(family, { source: router[family] }), quotation(sent, datagram(39_999))),
    );
    expect(stranger).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
    expect(await scene.allConnections()).toHaveLength(before);
  });

  it("errors of a pod about answers leave with the node's address, as about what was sent to it", async () => {
    const port = await openSecond(family);
    const arrived = { ...inward(family), destination: scene.db.address[family] };
    const error = errorAbout(fromDb(outside[family], family), quotation(arrived, reply(40_000)));
    const sent = await sendFromDb(error);
    expect(sent).toMatchObject({ verdict: "redirect", counted: ["fromPod toNeighbour"] });
    expect(sourceOf(sent.packet)).toBe(node[family]);
    const inner = quotedBy(sent.packet);
    expect(inner && destinationOf(inner)).toBe(node[family]);
    expect(inner && portsOf(inner).answered).toBe(port);
    expectRightChecksums(sent.packet);
  });

  it("fragments are translated on both ways", async () => {
    await begin(fromDb(outside[family], family), datagram(), sendFromDb);
    const pieces = piecesOf(fromWeb(outside[family], family), datagram());
    const out: Uint8Array[] = [];
    for (const piece of pieces) {
      const sent = await send(piece);
      expect(sent).toMatchObject({ verdict: "redirect", counted: ["fromPod toNeighbour"] });
      expect(sourceOf(sent.packet)).toBe(node[family]);
      out.push(sent.bytes);
    }
    const whole = datagramOf(node[family], outside[family], out);
    expectRightChecksums(whole);
    const port = portsOf(whole).asked;
    expect(port).not.toBe(40_000);

    const back: Uint8Array[] = [];
    for (const piece of piecesOf(inward(family), reply(port))) {
      const got = await receive(piece);
      expect(got).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
      expect(destinationOf(got.packet)).toBe(scene.web.address[family]);
      back.push(got.bytes);
    }
    const answer = datagramOf(outside[family], scene.web.address[family], back);
    expectRightChecksums(answer);
    expect(portsOf(answer).answered).toBe(40_000);
  });

  it("an answer that dies here is the pod's when the stack tells of it", async () => {
    await establish();
    const dying = await receive(answered(40_000, ["ack"], { ttl: 1 }));
    expect(dying).toMatchObject({ verdict: "next", counted: ["fromNet ttlExpired"] });
    expect(destinationOf(dying.packet)).toBe(scene.web.address[family]);
    expectRightChecksums(dying.packet);
    // What the stack says about it then.
    const told = errorAbout(
      outward(family),
      quotation({ ...inward(family), destination: scene.web.address[family] }, response(40_000)),
    );
    const left = await leave(told);
    expect(left).toMatchObject({ verdict: "next", counted: ["toNet passed"] });
    const inner = quotedBy(left.packet);
    expect(inner && destinationOf(inner)).toBe(node[family]);
    expectRightChecksums(left.packet);
  });

  it("what the stack hands to the pod has been translated, and is let pass", async () => {
    await establish();
    const toWeb: Hop = {
      sourceMac: gatewayMac,
      destinationMac: scene.web.mac,
      source: outside[family],
      destination: scene.web.address[family],
    };
    const sent = { ...fromWeb(outside[family], family), ttl: 1 };
    const arriving: readonly (readonly [PacketDraft, InterfaceIndex?])[] = [
      [packet(...headers(toWeb), response(40_000, ["ack"]), "pong"), scene.uplink],
      // The node tells of what died on it, in the pod's own words.
      [errorAbout({ ...toWeb, source: node[family] }, quotation(sent, request(40_000, ["ack"])))],
    ];
    for (const [draft, ingressIfindex] of arriving) {
      const data = buildPacket(draft);
      const context = ingressIfindex === undefined ? {} : { ingressIfindex };
      const got = await scene.run("toPod", scene.web.ifindex, data, context);
      expect(got.verdict).toBe("next");
      expect(got.counted).toEqual([expect.stringMatching(/^toPod (passed|toStack)$/)]);
      expect(Buffer.from(got.bytes).equals(data)).toBe(true);
    }
    expect(await held()).toEqual({ entries: 2, translated: 1, ports: 1 });
  });

  it("what the stack sends on for a pod is translated when it leaves", async () => {
    await establish();
    const byStack = packet(
      ...headers(outward(family, { source: scene.web.address[family] })),
      request(40_000, ["ack"]),
      "x",
    );
    const left = await leave(byStack, scene.web.ifindex);
    expect(left).toMatchObject({ verdict: "next", counted: ["toNet passed"] });
    expect(sourceOf(left.packet)).toBe(node[family]);
    expectRightChecksums(left.packet);
    // Pieces that the stack made of a datagram which the pod had sent whole, and of ones that were pieces already.
    await begin(fromWeb(outside[family], family), datagram());
    const forwarded = outward(family, { source: scene.web.address[family] });
    for (let round = 0; round < 2; round++) {
      const out: Uint8Array[] = [];
      for (const piece of piecesOf(forwarded, datagram(), round === 0 ? 48 : 24)) {
        const one = await leave(piece, scene.web.ifindex);
        expect(sourceOf(one.packet)).toBe(node[family]);
        out.push(one.bytes);
      }
      expectRightChecksums(datagramOf(node[family], outside[family], out));
    }
    const unknown = { ...forwarded, destination: router[family] };
    await scene.masquerade({ exclude: [] });
    const later = lastPiece(unknown, datagram());
    expect(await leave(later, scene.web.ifindex)).toMatchObject({
      verdict: "drop",
      counted: ["toNet untranslated"],
    });
  });

  it("what was translated leaves as it is, and so does what is not to be", async () => {
    await establish();
    const others: readonly (readonly [Frame, InterfaceIndex?])[] = [
      [packet(...headers(outward(family)), request(40_000, ["ack"])), scene.web.ifindex],
      [packet(...headers(outward(family)), request(41_000))],
      [packet(...headers(outward(family, { destination: router[family] })), request(40_000))],
      [
        packet(
          ...headers(
            outward(family, {
              source: scene.web.address[family],
              destination: remotePod[family],
            }),
          ),
          request(),
        ),
        scene.web.ifindex,
      ],
      ...piecesOf(outward(family), datagram()).map((piece) => [piece] as const),
    ];
    for (const [frame, ingress] of others) {
      const bytes = frame instanceof Uint8Array ? frame : buildPacket(frame);
      const left = await leave(frame, ingress);
      expect(left).toMatchObject({ verdict: "next", counted: ["toNet passed"] });
      expect(Buffer.from(left.bytes).equals(bytes)).toBe(true);
    }
    expect(await held()).toEqual({ entries: 2, translated: 1, ports: 1 });
  });

  it("a connection of the node's own that wants the ends of a pod's gets another port", async () => {
    await establish();
    const own = (flags: readonly TcpFlag[]) =>
      packet(...headers(outward(family)), request(40_000, flags));
    const left = await leave(own(["syn"]));
    expect(left.verdict).toBe("next");
    expectRightChecksums(left.packet);
    const port = portsOf(left.packet).asked;
    expect(port).not.toBe(40_000);
    expect(sourceOf(left.packet)).toBe(node[family]);
    for (let round = 0; round < 2; round++) {
      const got = await receive(answered(port, round === 0 ? ["syn", "ack"] : ["ack"]));
      expect(got).toMatchObject({ verdict: "next", counted: ["fromNet toStack"] });
      expect(destinationOf(got.packet)).toBe(node[family]);
      expect(portsOf(got.packet).answered).toBe(40_000);
      expectRightChecksums(got.packet);
      expect(portsOf((await leave(own(["ack"]))).packet).asked).toBe(port);
    }
    // The pod's goes on as before.
    expect(destinationOf((await receive(answered(40_000, ["ack"]))).packet)).toBe(
      scene.web.address[family],
    );
  });

  it("a port that a socket of the node has is left to it", async () => {
    await using sockets = await openNodeSockets(scene.netns, node[family], outside[family]);
    expect(await begin(fromWeb(outside[family], family), datagram(sockets.udp))).not.toBe(
      sockets.udp,
    );
    expect(await begin(fromWeb(outside[family], family), request(sockets.tcp))).not.toBe(
      sockets.tcp,
    );
    // Who listens is in nobody's way, and what is connected to one is in the way there only.
    expect(await begin(fromWeb(outside[family], family), request(sockets.listening))).toBe(
      sockets.listening,
    );
    await scene.masquerade({ exclude: [] });
    expect(await begin(fromWeb(router[family], family), request(sockets.tcp))).toBe(sockets.tcp);
  });

  it("nobody speaks into a translated connection but to the node's address", async () => {
    await establish();
    const past = inward(family, { destination: scene.web.address[family] });
    expect(await receive(packet(...headers(past), response(40_000, ["ack"])))).toMatchObject({
      verdict: "drop",
      counted: ["fromNet tableFull"],
    });
    const forged = inward(family, { source: scene.db.address[family] });
    await begin(fromWeb(outside[family], family), datagram());
    expect(await receive(packet(...headers(forged), reply(40_000)))).toMatchObject({
      verdict: "next",
    });
    expect(await held()).toEqual({ entries: 4, translated: 2, ports: 2 });
  });
});

/** Opens a connection of the second pod whose port is another one's, and gives the one that it leaves with. */
async function openSecond(family: IpFamily): Promise<number> {
  await begin(fromWeb(outside[family], family), datagram());
  const port = await begin(fromDb(outside[family], family), datagram(), sendFromDb);
  expect(port).not.toBe(40_000);
  return port;
}

/** The packet that an ICMP error quotes. */
function quotedBy(error: Packet): Packet | undefined {
  const layer = findLayer(error, "icmp") ?? findLayer(error, "icmpv6");
  return layer !== undefined && "quoted" in layer ? layer.quoted : undefined;
}

/** A fragment without those before it. */
function lastPiece(hop: Hop, transport: AnyLayer): Uint8Array {
  const last = piecesOf(hop, transport).at(-1);
  if (last === undefined) throw new Error("a datagram has a last piece");
  return last;
}
