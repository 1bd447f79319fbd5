import { identity, ipFamilies, parseIp } from "@heddle/contracts";
import { TunnelUse } from "@heddle/datapath";
import { decapsulate, geneveProtocols } from "@heddle/encap-geneve";
import {
  buildPacket,
  findLayer,
  packet,
  type PacketDraft,
  parsePacket,
  sctp,
  udp,
} from "@heddle/packet";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { echoPacket, headers, type Hop, tcpPacket } from "./drafts.ts";
import { peer, remotePod } from "./scene.ts";
import { parseTunnelled, prefixAround, slots, TunnelScene } from "./tunnel-scene.ts";

let tunnels: TunnelScene;
afterEach(async () => tunnels[Symbol.asyncDispose]());

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
    tunnels = await TunnelScene.create(underlay, { tunnelChecksum: 3 });
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
    tunnels = await TunnelScene.create(underlay, { tunnelChecksum: 3 });
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
    tunnels = await TunnelScene.create(underlay);
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
    tunnels = await TunnelScene.create(underlay);
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
    tunnels = await TunnelScene.create(underlay);
    const { scene } = tunnels;
    const large = buildPacket(tcpPacket(tunnels.sent(remotePod[4]), "x".repeat(1200)));
    for (const program of ["fromPod", "toTunnel", "toTunnelCut"] as const) {
      const cut = { gsoSize: 500, gsoSegs: 3 };
      const { counted } = await scene.run(program, scene.web.ifindex, large, cut);
      expect(counted).toHaveLength(1);
    }
  });

  it("tells which cluster identities belong to, if there is one", async () => {
    tunnels = await TunnelScene.create(underlay, { tunnelCluster: 9, tunnelChecksum: 3 });
    const result = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    const found = parseTunnelled(result);
    expect(decapsulate(found)).toMatchObject({ outcome: "deliver", identity: 2, clusterId: 9 });
    expect(found.layers.find(({ kind }) => kind === "geneve")).toMatchObject({ critical: true });
  });

  it("does the same as the model with what was changed at random on the way", async () => {
    tunnels = await TunnelScene.create(underlay);
    const { scene } = tunnels;
    const options = [
      { type: "cluster-id" as const, clusterId: 3 },
      { type: 5, class: 0x0102 },
    ];
    const bases = ipFamilies.map((family) =>
      tunnels.tunnelled(tcpPacket(tunnels.inner(family)), { geneve: { options } }),
    );
    const outer = 14 + (underlay === 4 ? 20 : 40);
    const change = fc.record({
      base: fc.constantFrom(...bases),
      // From the UDP length to the inner Ethernet header.
      changes: fc.array(
        fc.tuple(fc.integer({ min: outer + 4, max: outer + 8 + 8 + 12 + 14 - 1 }), fc.nat(255)),
        { minLength: 1, maxLength: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ base, changes }) => {
        const bytes = base.slice();
        for (const [place, value] of changes) bytes[place] = value;
        // A length of 0, which a model of packets of any size takes for "up to the end" (RFC 2675).
        fc.pre(bytes[outer + 4] !== 0 || bytes[outer + 5] !== 0);
        await scene.forget();
        const { verdict } = await tunnels.receive(bytes);
        const parsed = parsePacket(bytes, { linkType: "ethernet", protocols: geneveProtocols });
        const model = decapsulate(parsed, {
          isPeer: (address) => address === peer[underlay],
          mayClaim: (claimed) => claimed === identity(2) || claimed >= 256,
          zeroChecksumOverIpv6: true,
        });
        // What is no IP packet is no use to a pod, and the end of the tunnel has no other.
        const goes = model.outcome === "deliver" && isForPod(model.inner, model.linkType);
        expect(verdict === "redirect").toBe(goes);
      }),
      { numRuns: 300 },
    );
  });
});

function isForPod(inner: Uint8Array, linkType: "ethernet" | "ip"): boolean {
  const found = parsePacket(inner, { linkType });
  return found.layers.some(({ kind }) => kind === "tcp");
}

describe("a node", () => {
  it("that leaves is unreachable at once, for flows that were established too", async () => {
    tunnels = await TunnelScene.create(4);
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
    tunnels = await TunnelScene.create(4);
    const { self } = tunnels.scene.tunnels;
    self.set(0, { ipv4: parseIp("0.0.0.0"), ipv6: parseIp("::"), ifindex: 0 });
    tunnels.moveEpoch();
    const result = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod noTunnel"] });
  });

  it("with direct routing takes packets out of tunnels, and puts none into them", async () => {
    tunnels = await TunnelScene.create(4, { tunnelUse: TunnelUse.receive });
    const sent = await tunnels.send(tcpPacket(tunnels.sent(remotePod[4])));
    expect(sent).toMatchObject({ counted: ["fromPod toNeighbour"] });
    const received = await tunnels.receive(tunnels.tunnelled(tcpPacket(tunnels.inner(4))));
    expect(received).toMatchObject({ counted: ["fromTunnel toPod"] });
  });

  it("that uses no tunnels leaves their packets alone", async () => {
    tunnels = await TunnelScene.create(4, { tunnelUse: TunnelUse.unused });
    const received = await tunnels.receive(tunnels.tunnelled(tcpPacket(tunnels.inner(4))));
    expect(received).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it("keeps to the MTU that is known of the way to another", async () => {
    tunnels = await TunnelScene.create(4);
    tunnels.scene.tunnels.tunnels.set(slots.peer, { peer: peer[4], mtu: 1280, expires: 0n });
    const send = (bytes: number) =>
      tunnels.send(tcpPacket(tunnels.sent(remotePod[4]), "x".repeat(bytes)));
    expect(await send(1240)).toMatchObject({ counted: ["fromPod toTunnel"] });
    expect(await send(1241)).toMatchObject({ verdict: "next", counted: ["fromPod tooBig"] });
  });
});
