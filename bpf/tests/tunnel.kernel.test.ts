import { type IpAddress, ipFamilies } from "@heddle/contracts";
import { NexthopKind } from "@heddle/conntrack/bpf";
import { EpochSlot } from "@heddle/datapath";
import {
  decapsulate,
  decapsulatedEcn,
  encapsulationOverhead,
  geneveProtocols,
} from "@heddle/encap-geneve";
import {
  buildPacket,
  findLayer,
  matchPacket,
  packet,
  type PacketDraft,
  verifyChecksums,
} from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, headers, type Hop, tcpPacket } from "./drafts.ts";
import { absentPod, gatewayMac, node, outside, peer, remotePod } from "./scene.ts";
import { parseTunnelled, slots, third, thirdPod, TunnelScene } from "./tunnel-scene.ts";

let tunnels: TunnelScene;

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  beforeAll(async () => {
    tunnels = await TunnelScene.create(underlay);
  });
  afterAll(async () => tunnels[Symbol.asyncDispose]());
  beforeEach(async () => tunnels.scene.forget());

  describe.each(ipFamilies)("IPv%i", (family) => {
    it("goes into the tunnel, one hop further", async () => {
      const hop = tunnels.sent(remotePod[family], { ecn: 2, dscp: 46 });
      for (const packets of [1n, 2n]) {
        const result = await tunnels.send(tcpPacket(hop));
        expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod toTunnel"] });
        const found = parseTunnelled(result);
        expect(decapsulate(found, { zeroChecksumOverIpv6: true })).toMatchObject({
          outcome: "deliver",
          identity: 2,
          linkType: "ethernet",
          inner: buildPacket(tcpPacket({ ...hop, ttl: 63 })),
        });
        const [source, destination] = [node[underlay], peer[underlay]];
        const ends = { source, destination, ecn: 2, dscp: 46 };
        const outer = findLayer(found, underlay === 4 ? "ipv4" : "ipv6");
        expect(outer).toMatchObject(
          underlay === 4 ? { ...ends, ttl: 64, dontFragment: true } : { ...ends, hopLimit: 64 },
        );
        expect(findLayer(found, "udp")).toMatchObject({ destinationPort: 6081, checksum: 0 });
        expect(verifyChecksums(found, geneveProtocols).map(({ verdict }) => verdict)).not.toContain(
          "wrong",
        );
        expect(await tunnels.scene.decided()).toMatchObject({
          gateway: peer[underlay],
          original: {
            packets,
            kind: NexthopKind.tunnel,
            targetSlot: EpochSlot.tunnels + slots.peer,
            egressIfindex: tunnels.scene.uplink,
            mtu: 1500 - encapsulationOverhead(underlay),
          },
        });
      }
    });

    it("has one source port for all packets of a flow, and most flows have their own", async () => {
      const portOf = async (draft: PacketDraft) => {
        const result = await tunnels.send(draft);
        return findLayer(parseTunnelled(result), "udp")?.sourcePort ?? 0;
      };
      const hop = tunnels.sent(remotePod[family]);
      const ports: number[] = [];
      for (let source = 4000; source < 4020; source++) {
        const port = await portOf(tcpPacket(hop, "hello", source));
        expect(await portOf(tcpPacket(hop, "more", source))).toBe(port);
        expect(port).toBeGreaterThanOrEqual(49_152);
        ports.push(port);
      }
      expect(new Set(ports).size).toBeGreaterThan(17);
      if (family === 6) return;
      const fragment = (ipv4Fields: Hop["ipv4"]) =>
        packet(
          ...headers(tunnels.sent(remotePod[4], { ipv4: { protocol: "udp", ...ipv4Fields } })),
          "x".repeat(16),
        );
      const first = await portOf(fragment({ moreFragments: true }));
      expect(await portOf(fragment({ fragmentOffset: 16 }))).toBe(first);
    });

    it("is left to the stack where it does not fit", async () => {
      const headerBytes = family === 4 ? 40 : 60;
      const largest = 1500 - encapsulationOverhead(underlay) - headerBytes;
      const send = (bytes: number) =>
        tunnels.scene.run(
          "fromPod",
          tunnels.scene.web.ifindex,
          tcpPacket(tunnels.sent(remotePod[family]), "x".repeat(bytes)),
        );
      expect(await send(largest)).toMatchObject({ counted: ["fromPod toTunnel"] });
      expect(await send(largest + 1)).toMatchObject({
        verdict: "next",
        counted: ["fromPod tooBig"],
      });
    });

    it("to another node goes into the tunnel as well, and to anybody else does not", async () => {
      const to = (address: IpAddress) => tunnels.send(echoPacket(tunnels.sent(address)));
      expect(await to(peer[family])).toMatchObject({ counted: ["fromPod toTunnel"] });
      expect(await to(outside[family])).toMatchObject({ counted: ["fromPod toNeighbour"] });
      expect(await to(tunnels.scene.db.address[family])).toMatchObject({
        counted: ["fromPod toPod"],
      });
    });

    it("of the node's stack goes into the tunnel as it is", async () => {
      const hop = { ...tunnels.sent(remotePod[family]), source: node[family], ttl: 1 };
      for (let count = 0; count < 2; count++) {
        const result = await tunnels.scene.run(
          "toTunnel",
          tunnels.scene.web.ifindex,
          echoPacket(hop),
        );
        expect(result).toMatchObject({ verdict: "redirect", counted: ["toTunnel toTunnel"] });
        const bytes = buildPacket(echoPacket(hop));
        expect(decapsulate(parseTunnelled(result), { zeroChecksumOverIpv6: true })).toMatchObject({
          inner: bytes,
          identity: 2,
        });
      }
      const nowhere = { ...hop, destination: outside[family] };
      const lost = await tunnels.scene.run(
        "toTunnel",
        tunnels.scene.web.ifindex,
        echoPacket(nowhere),
      );
      expect(lost).toMatchObject({ verdict: "drop", counted: ["toTunnel noTunnel"] });
    });

    it("comes out of the tunnel into the pod, with the identity of who sent it", async () => {
      const hop = tunnels.inner(family);
      for (const packets of [1n, 2n]) {
        const result = await tunnels.receive(tunnels.tunnelled(tcpPacket(hop)));
        expect(result).toMatchObject({ verdict: "redirect", counted: ["fromTunnel toPod"] });
        const delivered = {
          ...hop,
          sourceMac: gatewayMac,
          destinationMac: tunnels.scene.web.mac,
          ttl: 62,
        };
        expect(matchPacket(result.packet, tcpPacket(delivered))).toEqual([]);
        expect((await tunnels.scene.decided()).original).toMatchObject({
          packets,
          identity: 300,
          kind: NexthopKind.pod,
          sourceSlot: EpochSlot.tunnels + slots.peer,
        });
      }
      const other = await tunnels.receive(
        tunnels.tunnelled(tcpPacket(hop), { geneve: { vni: 301 } }),
      );
      expect(other).toMatchObject({ counted: ["fromTunnel toPod"] });
      expect((await tunnels.scene.decided()).original).toMatchObject({
        packets: 3n,
        identity: 301,
      });
    });

    it("may be a packet without a frame", async () => {
      const [, ...layers] = tcpPacket(tunnels.inner(family)).layers;
      const protocol = family === 4 ? "ipv4" : "ipv6";
      const bytes = tunnels.tunnelled({ layers }, { geneve: { protocol } });
      expect(await tunnels.receive(bytes)).toMatchObject({ counted: ["fromTunnel toPod"] });
    });

    it("of another node itself, or to this one, is delivered too", async () => {
      const fromNode = tunnels.inner(family, { source: peer[family] });
      expect(await tunnels.receive(tunnels.tunnelled(tcpPacket(fromNode)))).toMatchObject({
        counted: ["fromTunnel toPod"],
      });
      const toNode = tunnels.inner(family, { destination: node[family] });
      const result = await tunnels.receive(tunnels.tunnelled(tcpPacket(toNode)));
      expect(result).toMatchObject({ verdict: "next", counted: ["fromTunnel toStack"] });
      expect(matchPacket(result.packet, tcpPacket(tunnels.fromNetwork(toNode)))).toEqual([]);
    });

    it("tells of congestion in the network", async () => {
      for (let before = 0; before < 4; before++) {
        for (let outer = 0; outer < 4; outer++) {
          const after = decapsulatedEcn(before, outer);
          const result = await tunnels.receive(
            tunnels.tunnelled(tcpPacket(tunnels.inner(family, { ecn: before })), { ecn: outer }),
          );
          const expected = after === "drop" ? "tunnelCongestion" : "toPod";
          expect({ before, outer, counted: result.counted }).toEqual({
            before,
            outer,
            counted: [`fromTunnel ${expected}`],
          });
          if (after === "drop") continue;
          const found = findLayer(result.packet, family === 4 ? "ipv4" : "ipv6");
          expect({ before, outer, ecn: found?.ecn }).toEqual({ before, outer, ecn: after });
          expect(verifyChecksums(result.packet).map(({ verdict }) => verdict)).not.toContain(
            "wrong",
          );
        }
      }
    });

    it("is left to the stack where its hop limit is used up", async () => {
      const result = await tunnels.receive(
        tunnels.tunnelled(tcpPacket(tunnels.inner(family, { ttl: 1 }))),
      );
      expect(result).toMatchObject({ verdict: "next", counted: ["fromTunnel ttlExpired"] });
    });

    it.each([
      ["is not here", { destination: absentPod[family] }, "tunnelDestination"],
      ["is another node's pod", { destination: thirdPod[family] }, "tunnelDestination"],
      ["is outside", { destination: outside[family] }, "tunnelDestination"],
    ])("for somebody who %s is dropped", async (_name, fields, reason) => {
      const result = await tunnels.receive(
        tunnels.tunnelled(tcpPacket(tunnels.inner(family, fields))),
      );
      expect(result).toMatchObject({ verdict: "drop", counted: [`fromTunnel ${reason}`] });
      expect(await tunnels.scene.entries()).toEqual([]);
    });

    it("in the name of somebody who is not at the other end is dropped", async () => {
      for (const [source, reason] of [
        [tunnels.scene.db.address[family], "martian"],
        [node[family], "martian"],
        [thirdPod[family], "tunnelSource"],
        [third[family], "tunnelSource"],
        [outside[family], "tunnelSource"],
      ] as const) {
        const result = await tunnels.receive(
          tunnels.tunnelled(tcpPacket(tunnels.inner(family, { source }))),
        );
        expect([source, result.verdict, ...result.counted]).toEqual([
          source,
          "drop",
          `fromTunnel ${reason}`,
        ]);
      }
      expect(await tunnels.scene.entries()).toEqual([]);
    });

    it("of an established flow is not believed from another node's tunnel", async () => {
      const draft = tcpPacket(tunnels.inner(family));
      expect(await tunnels.receive(tunnels.tunnelled(draft))).toMatchObject({
        counted: ["fromTunnel toPod"],
      });
      const forged = tunnels.tunnelled(draft, { source: third[underlay] });
      expect(await tunnels.receive(forged)).toMatchObject({ counted: ["fromTunnel tunnelSource"] });
      const stranger = tunnels.tunnelled(draft, { source: outside[underlay] });
      expect(await tunnels.receive(stranger)).toMatchObject({ counted: ["fromTunnel tunnelPeer"] });
    });
  });
});
