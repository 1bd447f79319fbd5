import { Random } from "@heddle-tools/fuzz";
import { identity, ipFamilies, type IpFamily, parseIp } from "@heddle/contracts";
import type { ReasonName } from "@heddle/datapath";
import { decapsulate, geneveProtocols, type TunnelDropReason } from "@heddle/encap-geneve";
import {
  arp,
  buildPacket,
  ethernet,
  icmp,
  icmpv6,
  internetChecksum,
  packet,
  type PacketDraft,
  parsePacket,
} from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, headers, tcpPacket } from "./drafts.ts";
import { outside, peer, remotePod } from "./scene.ts";
import { tunnelledFrame } from "./fuzz/tunnel-frames.ts";
import { insideTunnels } from "./fuzz/tunnel-targets.ts";
import { type Outer, third, TunnelScene } from "./tunnel-scene.ts";

let tunnels: TunnelScene;

const good = () => tcpPacket(tunnels.inner(4));
const unknown = { type: 0x05, class: 0x0102 } as const;

/** What the programs call the model's reasons. */
const reasons: Partial<Readonly<Record<TunnelDropReason, ReasonName>>> = {
  "unknown-peer": "tunnelPeer",
  "unknown-critical-option": "tunnelCritical",
  "repeated-option": "tunnelOption",
  "forbidden-identity": "tunnelIdentity",
  congestion: "tunnelCongestion",
};

/** Bytes of a UDP header, which is the least that its length says. */
const udpHeader = 8;

/** An error about a packet of the pod `web`, by a node on the way. */
const error = (family: IpFamily, source: string): PacketDraft => {
  const quoted = buildPacket({ layers: headers(tunnels.sent(remotePod[family])).slice(1) });
  const parsed = parsePacket(quoted, { linkType: "ip" });
  const fields = { type: "time-exceeded", quoted: parsed } as const;
  const hop = tunnels.inner(family, { source: parseIp(source) });
  return packet(...headers(hop), family === 4 ? icmp(fields) : icmpv6(fields));
};

describe.each(ipFamilies)("over IPv%i", (underlay) => {
  beforeAll(async () => (tunnels = await TunnelScene.create(underlay)));
  afterAll(async () => tunnels[Symbol.asyncDispose]());
  beforeEach(async () => tunnels.scene.forget());

  it.each<readonly [string, Outer, string]>([
    [
      "with an unknown critical option",
      { geneve: { options: [{ ...unknown, type: 0x85 }] } },
      "tunnelCritical",
    ],
    [
      "with two clusters",
      {
        geneve: {
          options: [
            { type: "cluster-id", clusterId: 3 },
            { type: "cluster-id", clusterId: 3 },
          ],
        },
      },
      "tunnelOption",
    ],
    [
      "with the cluster 0",
      { geneve: { options: [{ type: "cluster-id", clusterId: 0 }] } },
      "tunnelIdentity",
    ],
    ["of nobody", { geneve: { vni: 0 } }, "tunnelIdentity"],
    ["of a host", { geneve: { vni: 1 } }, "tunnelIdentity"],
    ["of another reserved identity", { geneve: { vni: 255 } }, "tunnelIdentity"],
    ["with neither frame nor IP", { geneve: { protocol: "arp" } }, "tunnelProtocol"],
    ["from nobody's address", { source: outside[underlay] }, "tunnelPeer"],
    [
      "with a wrong checksum",
      { udp: { sourcePort: 50_000, destinationPort: 6081, checksum: 0x1234 } },
      "tunnelChecksum",
    ],
  ])("a packet %s is dropped", async (_name, outer, reason) => {
    const result = await tunnels.receive(tunnels.tunnelled(good(), outer));
    expect(result).toMatchObject({ verdict: "drop", counted: [`fromTunnel ${reason}`] });
    expect(await tunnels.scene.entries()).toEqual([]);
  });

  it.each<readonly [string, Outer]>([
    ["with options that nobody knows", { geneve: { options: [unknown, unknown] } }],
    ["with a cluster", { geneve: { options: [{ type: "cluster-id", clusterId: 3 }, unknown] } }],
    [
      "with as many options as fit",
      { geneve: { options: Array.from({ length: 63 }, () => unknown) } },
    ],
    ["of somebody of whom nothing is said", { geneve: { vni: 2 } }],
    ["of the largest identity", { geneve: { vni: 0xff_ffff } }],
    ["with a right checksum", { udp: { sourcePort: 50_000, destinationPort: 6081 } }],
  ])("a packet %s is delivered", async (_name, outer) => {
    const bytes = tunnels.tunnelled(good(), outer);
    expect(await tunnels.receive(bytes)).toMatchObject({ counted: ["fromTunnel toPod"] });
  });

  it("drops for the reason that the model gives", async () => {
    const random = new Random(underlay);
    const seen = new Set<string>();
    for (let left = 250; left > 0; left--) {
      const bytes = tunnelledFrame(random, tunnels, insideTunnels(tunnels.scene));
      const parsed = parsePacket(bytes, { linkType: "ethernet", protocols: geneveProtocols });
      const model = decapsulate(parsed, {
        isPeer: (address) => address === peer[underlay] || address === third[underlay],
        mayClaim: (claimed) => claimed === identity(2) || claimed >= 256,
        zeroChecksumOverIpv6: true,
      });
      if (model.outcome !== "drop") continue;
      const { verdict, counted } = await tunnels.receive(bytes);
      const reason = String(reasons[model.reason]);
      expect([verdict, ...counted]).toEqual(["drop", `fromTunnel ${reason}`]);
      seen.add(reason);
    }
    expect(seen.size).toBeGreaterThan(4);
  });

  it.each(underlay === 4 ? ["IPv4"] : [])(
    "a packet whose outer %s header is damaged is dropped",
    async () => {
      const bytes = tunnels.tunnelled(good());
      const [plain, withOptions] = [
        bytes.slice(0, 34),
        Uint8Array.of(...bytes.subarray(0, 34), 1, 1, 1, 1),
      ];
      withOptions.set([0x46, 0, (bytes.length - 10) >> 8, (bytes.length - 10) & 0xff], 14);
      for (const head of [plain, withOptions]) {
        const view = new DataView(head.buffer);
        view.setUint16(24, 0);
        view.setUint16(24, internetChecksum(head.subarray(14)));
        const whole = Uint8Array.of(...head, ...bytes.subarray(34));
        expect(await tunnels.receive(whole)).toMatchObject({ counted: ["fromTunnel toPod"] });
        // The identification, of which nobody has a use.
        whole[19] = 1;
        const damaged = await tunnels.receive(whole);
        expect(damaged).toMatchObject({ verdict: "drop", counted: ["fromTunnel tunnelChecksum"] });
      }
    },
  );

  it("a frame without IP in it is dropped", async () => {
    const result = await tunnels.receive(tunnels.tunnelled(packet(ethernet(), arp())));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromTunnel tunnelProtocol"] });
  });

  it("an error of a node without an IPv4 address is delivered (RFC 7600), and nothing else from there", async () => {
    const told = await tunnels.receive(tunnels.tunnelled(error(4, "192.0.0.8")));
    expect(told).toMatchObject({ verdict: "redirect", counted: ["fromTunnel toPod"] });
    expect(await tunnels.scene.entries()).toEqual([]);
    const from = tunnels.inner(4, { source: parseIp("192.0.0.8") });
    for (const draft of [echoPacket(from), tcpPacket(from), error(4, "192.0.0.9")]) {
      const result = await tunnels.receive(tunnels.tunnelled(draft));
      expect(result).toMatchObject({ verdict: "drop", counted: ["fromTunnel tunnelSource"] });
    }
  });

  it("an error from a link-local address is dropped, since that is of another link (RFC 4291)", async () => {
    const result = await tunnels.receive(tunnels.tunnelled(error(6, "fe80::7")));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromTunnel martian"] });
  });

  it("a message for the end of the tunnel is left to the stack", async () => {
    const bytes = tunnels.tunnelled(good(), { geneve: { control: true } });
    const result = await tunnels.receive(bytes);
    expect(result).toMatchObject({ verdict: "next", counted: ["fromTunnel toStack"] });
    expect(result.bytes).toEqual(bytes);
  });

  it("a packet for somebody else's tunnel is left alone", async () => {
    const elsewhere = tunnels.tunnelled(good(), { destination: third[underlay] });
    expect(await tunnels.receive(elsewhere)).toMatchObject({
      verdict: "next",
      counted: ["fromNet passed"],
    });
  });

  /** Where the Geneve header begins. */
  const header = 14 + (underlay === 4 ? 20 : 40) + udpHeader;
  const changed = (offset: number, value: number, outer?: Outer): Uint8Array => {
    const bytes = tunnels.tunnelled(good(), outer);
    bytes[header + offset] = value;
    return bytes;
  };

  it.each([
    ["of another version", 0, 0x40, "tunnelVersion"],
    ["whose options reach beyond the packet", 0, 0x3f, "tunnelOption"],
    ["that has no critical option, and says so", 1, 0x40, "tunnelOption"],
  ])("a packet %s is dropped", async (_name, offset, value, reason) => {
    const result = await tunnels.receive(changed(offset, value));
    expect(result).toMatchObject({ verdict: "drop", counted: [`fromTunnel ${reason}`] });
  });

  it("a packet with an option that reaches beyond the options is dropped", async () => {
    const options = { geneve: { options: [{ ...unknown, data: new Uint8Array(4) }] } };
    const result = await tunnels.receive(changed(8 + 3, 2, options));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromTunnel tunnelOption"] });
  });

  it("a packet that is cut short is dropped, or left to the kernel's checks, wherever it is cut", async () => {
    const whole = tunnels.tunnelled(good(), { geneve: { options: [unknown] } });
    for (let length = header - udpHeader; length < whole.length; length++) {
      const { verdict, counted } = await tunnels.receive(whole.subarray(0, length));
      expect({ length, verdict, counted }).toEqual({
        length,
        verdict: "next",
        counted: ["fromNet passed"],
      });
    }
  });

  it("a packet whose UDP length ends early is dropped, or left to the kernel's checks, wherever it ends", async () => {
    const whole = tunnels.tunnelled(good(), { geneve: { options: [unknown] } });
    const lengthOffset = header - udpHeader + 4;
    for (let length = 0; length < whole.length - header + udpHeader; length++) {
      const bytes = whole.slice();
      new DataView(bytes.buffer).setUint16(lengthOffset, length);
      const { verdict, counted } = await tunnels.receive(bytes);
      const reason = length < 16 || length >= 20 ? "tunnelTruncated" : "tunnelOption";
      // Of IPv6, a length of 0 is that of a jumbogram (RFC 2675).
      const isLeft = length < udpHeader && (underlay === 4 || length > 0);
      const expected = isLeft
        ? { verdict: "next", counted: ["fromNet passed"] }
        : { verdict: "drop", counted: [`fromTunnel ${reason}`] };
      expect({ length, verdict, counted }).toEqual({ length, ...expected });
    }
  });
});
