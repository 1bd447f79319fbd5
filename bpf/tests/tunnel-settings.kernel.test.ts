import { ipFamilies, type IpFamily, parseIp } from "@heddle/contracts";
import { TunnelUse } from "@heddle/datapath";
import { decapsulate } from "@heddle/encap-geneve";
import { buildPacket, findLayer, packet, type PacketDraft, sctp, udp } from "@heddle/packet";
import { afterAll, describe, expect, it } from "vitest";
import { echoPacket, headers, type Hop, tcpPacket } from "./drafts.ts";
import { peer, remotePod, type SceneSettings } from "./scene.ts";
import {
  connectTunnels,
  parseTunnelled,
  prefixAround,
  slots,
  TunnelScene,
} from "./tunnel-scene.ts";

let tunnels: TunnelScene;

/** Loading the programs takes longer than all else: those of the same settings are loaded once. */
const loaded = new Map<string, TunnelScene>();

/** A scene as it is in the beginning. */
async function setUp(underlay: IpFamily, settings: SceneSettings = {}): Promise<void> {
  const key = JSON.stringify([underlay, settings]);
  tunnels = loaded.get(key) ?? (await TunnelScene.create(underlay, settings));
  loaded.set(key, tunnels);
  connectTunnels(tunnels.scene.tunnels, underlay);
  tunnels.moveEpoch();
  await tunnels.scene.forget();
}

afterAll(async () => {
  for (const scene of loaded.values()) await scene[Symbol.asyncDispose]();
});

const ports = { sourcePort: 4000, destinationPort: 53 };

/** One of each kind whose checksum is found in a way of its own. */
function kinds(hop: Hop): Readonly<Record<string, PacketDraft>> {
  const { source } = hop;
  const fragment = (fields: Hop["ipv4"], payload: string): PacketDraft => ({
    layers: headers({ ...hop, ipv4: { protocol: "udp", ...fields } }),
    payload: new TextEncoder().encode(payload),
  });
  const both = {
    tcp: tcpPacket(hop, "five!"),
    udp: packet(...headers(hop), udp(ports), "five!"),
    icmp: echoPacket(hop),
    sctp: packet(...headers(hop), sctp({ ...ports, chunks: [{ type: "init" }] })),
    long: tcpPacket(hop, "x".repeat(1301)),
    "udp without checksum": packet(...headers(hop), udp({ ...ports, checksum: 0 }), "five!"),
  };
  if (source.includes(":")) return both;
  return {
    ...both,
    "first fragment": fragment({ moreFragments: true }, "as many as three times 8"),
    "later fragment": fragment({ fragmentOffset: 64 }, "an odd number of bytes, 37 of them..."),
  };
}

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  it("computes the outer checksum for any packet, if asked to", async () => {
    await setUp(underlay, { tunnelChecksum: 3 });
    for (const family of ipFamilies) {
      for (const [kind, draft] of Object.entries(kinds(tunnels.sent(remotePod[family])))) {
        const result = await tunnels.send(draft);
        const found = parseTunnelled(result);
        expect({ kind, counted: result.counted }).toEqual({ kind, counted: ["fromPod toTunnel"] });
        expect({ kind, found: decapsulate(found).outcome }).toEqual({ kind, found: "deliver" });
        expect(findLayer(found, "udp")?.checksum).not.toBe(0);
      }
    }
  });

  it("has what a device would cut up later cut up before, where each part needs a checksum", async () => {
    await setUp(underlay, { tunnelChecksum: 3 });
    const { scene } = tunnels;
    const large = buildPacket(tcpPacket(tunnels.sent(remotePod[4]), "x".repeat(1200)));
    const cut = { gsoSize: 500, gsoSegs: 3 };
    const sent = await scene.run("fromPod", scene.web.ifindex, large, cut);
    expect(sent).toMatchObject({ verdict: "next", counted: ["fromPod cutUp"] });
    const routed = await scene.run("toTunnel", scene.web.ifindex, large, cut);
    expect(routed).toMatchObject({ verdict: "next", counted: ["toTunnel cutUp"] });
    const part = await scene.run("toTunnelCut", scene.web.ifindex, large);
    expect(part).toMatchObject({ verdict: "redirect", counted: ["toTunnel toTunnel"] });
    expect(decapsulate(parseTunnelled(part))).toMatchObject({ outcome: "deliver" });
  });

  it("verifies the outer checksum of any packet that has one", async () => {
    await setUp(underlay);
    const summed = { udp: { sourcePort: 50_000, destinationPort: 6081 } };
    for (const family of ipFamilies) {
      for (const [kind, draft] of Object.entries(kinds(tunnels.inner(family)))) {
        const bytes = tunnels.tunnelled(draft, summed);
        const { counted } = await tunnels.receive(bytes);
        expect({ kind, counted }).toEqual({ kind, counted: ["fromTunnel toPod"] });
        // The VNI is what nothing else protects.
        const vni = 14 + (underlay === 4 ? 20 : 40) + 8 + 5;
        bytes[vni] = (bytes[vni] ?? 0) ^ 4;
        const forged = await tunnels.receive(bytes);
        expect({ kind, counted: forged.counted }).toEqual({
          kind,
          counted: ["fromTunnel tunnelChecksum"],
        });
      }
    }
  });

  it("takes an outer checksum that a device was to fill in for one that is right", async () => {
    await setUp(underlay);
    const udpLayer = { sourcePort: 50_000, destinationPort: 6081 };
    const bytes = tunnels.tunnelled(echoPacket(tunnels.inner(4)), { udp: udpLayer });
    // What the kernel leaves there: the sum of the pseudo header alone.
    const [begin, end] = underlay === 4 ? [26, 34] : [22, 54];
    const view = new DataView(bytes.buffer);
    let sum = 17 + bytes.length - end;
    for (let offset = begin; offset < end; offset += 2) sum += view.getUint16(offset);
    view.setUint16(end + 6, (sum & 0xffff) + (sum >>> 16));
    expect(await tunnels.receive(bytes)).toMatchObject({ counted: ["fromTunnel toPod"] });
  });

  it("counts a packet once, also one that the kernel makes no room in for the outer headers", async () => {
    await setUp(underlay);
    const { scene } = tunnels;
    const large = buildPacket(tcpPacket(tunnels.sent(remotePod[4]), "x".repeat(1200)));
    for (const program of ["fromPod", "toTunnel", "toTunnelCut"] as const) {
      const cut = { gsoSize: 500, gsoSegs: 3 };
      const { counted } = await scene.run(program, scene.web.ifindex, large, cut);
      expect(counted).toHaveLength(1);
    }
  });

  it("tells which cluster identities belong to, if there is one", async () => {
    await setUp(underlay, { tunnelCluster: 9, tunnelChecksum: 3 });
    const result = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    const found = parseTunnelled(result);
    expect(decapsulate(found)).toMatchObject({ outcome: "deliver", identity: 2, clusterId: 9 });
    expect(found.layers.find(({ kind }) => kind === "geneve")).toMatchObject({ critical: true });
  });
});

describe("a node", () => {
  it("that leaves is unreachable at once, for flows that were established too", async () => {
    await setUp(4);
    const draft = tcpPacket(tunnels.sent(remotePod[4]));
    const arriving = tunnels.tunnelled(tcpPacket(tunnels.inner(4)));
    expect(await tunnels.send(draft)).toMatchObject({ counted: ["fromPod toTunnel"] });
    expect(await tunnels.receive(arriving)).toMatchObject({ counted: ["fromTunnel toPod"] });
    const { nodes, peers } = tunnels.scene.tunnels;
    peers.delete(prefixAround(remotePod[4]));
    for (const family of ipFamilies) nodes.delete(peer[family]);
    tunnels.moveEpoch();
    expect(await tunnels.send(draft)).toMatchObject({ counted: ["fromPod toNeighbour"] });
    expect(await tunnels.receive(arriving)).toMatchObject({ counted: ["fromTunnel tunnelPeer"] });
  });

  it("without an address of the underlay's family sends nothing into tunnels", async () => {
    await setUp(4);
    const { self } = tunnels.scene.tunnels;
    self.set(0, { ipv4: parseIp("0.0.0.0"), ipv6: parseIp("::"), ifindex: 0 });
    tunnels.moveEpoch();
    const result = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod noTunnel"] });
  });

  it("with direct routing takes packets out of tunnels, and puts none into them", async () => {
    await setUp(4, { tunnelUse: TunnelUse.receive });
    const sent = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    expect(sent).toMatchObject({ counted: ["fromPod toNeighbour"] });
    const received = await tunnels.receive(tunnels.tunnelled(tcpPacket(tunnels.inner(4))));
    expect(received).toMatchObject({ counted: ["fromTunnel toPod"] });
  });

  it("that uses no tunnels leaves their packets alone", async () => {
    await setUp(4, { tunnelUse: TunnelUse.unused });
    const received = await tunnels.receive(tunnels.tunnelled(tcpPacket(tunnels.inner(4))));
    expect(received).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it("keeps to the MTU that is known of the way to another", async () => {
    await setUp(4);
    tunnels.scene.tunnels.tunnels.set(slots.peer, { peer: peer[4], mtu: 1280, expires: 0n });
    const send = (bytes: number) =>
      tunnels.send(tcpPacket(tunnels.sent(remotePod[4]), "x".repeat(bytes)));
    expect(await send(1240)).toMatchObject({ counted: ["fromPod toTunnel"] });
    expect(await send(1241)).toMatchObject({ verdict: "next", counted: ["fromPod tooBig"] });
  });
});
