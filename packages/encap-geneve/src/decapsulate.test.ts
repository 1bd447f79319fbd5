import { identity, parseIp, parseIpv4, parseIpv6 } from "@heddle/contracts";
import {
  type AnyLayer,
  arp,
  buildPacket,
  type Draft,
  ethernet,
  ipv4,
  ipv6,
  ipv6Fragment,
  type LayerFields,
  packet,
  type PacketDraft,
  parsePacket,
  tcp,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import {
  decapsulate,
  type DecapsulateOptions,
  ecn,
  type Geneve,
  geneve,
  geneveProtocols,
} from "./index.ts";

const underlay = { source: parseIpv4("192.0.2.1"), destination: parseIpv4("192.0.2.2") };
const underlay6 = { source: parseIpv6("2001:db8::1"), destination: parseIpv6("2001:db8::2") };
const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const pods6 = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const syn = [ipv4(pods), tcp({ destinationPort: 80 })] as const;
const without = udp({ checksum: 0 });

function receive(draft: PacketDraft, options?: DecapsulateOptions) {
  const bytes = buildPacket(draft, geneveProtocols);
  return decapsulate(parsePacket(bytes, { linkType: "ip", protocols: geneveProtocols }), options);
}

/** A packet with this header from a node, with nothing else that would be refused. */
function withHeader(fields: LayerFields<Geneve>): PacketDraft {
  return packet(ipv4(underlay), without, geneve({ vni: 7, ...fields }), ...syn);
}

describe("a packet that arrives", () => {
  it("is delivered with what the header says of it", () => {
    const options = [
      { type: "cluster-id" as const, clusterId: 3 },
      { type: "dsr-ipv6" as const, address: parseIpv6("2001:db8::53"), port: 53 },
      { type: 1, class: 0x0102 },
    ];
    expect(receive(withHeader({ options }))).toEqual({
      outcome: "deliver",
      inner: buildPacket(packet(...syn)),
      linkType: "ip",
      identity: 7,
      clusterId: 3,
      service: { address: "2001:db8::53", port: 53 },
    });
  });

  it("may be captured with the outer frame around it", () => {
    const frame = { layers: [ethernet(), ...withHeader({}).layers], trailer: new Uint8Array(4) };
    const bytes = buildPacket(frame, geneveProtocols);
    const parsed = parsePacket(bytes, { linkType: "ethernet", protocols: geneveProtocols });
    const inner = buildPacket(packet(...syn));
    expect(decapsulate(parsed)).toMatchObject({ outcome: "deliver", inner, identity: 7 });
  });

  it("for the tunnel's end itself is not forwarded", () => {
    const result = receive(withHeader({ control: true, vni: 0 }));
    expect(result).toMatchObject({ outcome: "control", header: { control: true } });
  });

  it("may be a frame without IP", () => {
    const frame = packet(ethernet(), arp());
    const outer = [ipv4({ ...underlay, ecn: 3 }), without, geneve({ vni: 7 })];
    const draft = { layers: [...outer, ...frame.layers] };
    expect(receive(draft)).toMatchObject({ linkType: "ethernet", inner: buildPacket(frame) });
  });

  it("may carry a tunnel of the pod's own, whatever is in it", () => {
    const inner = packet(ipv4(pods), udp({ destinationPort: 6081 }), "no Geneve header");
    const outer = [ipv4(underlay), without, geneve({ vni: 7, protocol: "ipv4" })];
    const draft = { layers: outer, payload: buildPacket(inner) };
    expect(receive(draft)).toMatchObject({ outcome: "deliver", inner: buildPacket(inner) });
  });

  it("may be the first fragment of an inner packet", () => {
    const first = packet(
      ipv4({ ...pods, moreFragments: true }),
      udp({ length: 99, checksum: 1 }),
      "12345678",
    );
    const draft = packet(ipv4(underlay), without, geneve({ vni: 7 }), ...first.layers, "12345678");
    expect(receive(draft)).toMatchObject({ outcome: "deliver", inner: buildPacket(first) });
  });
});

/** A packet on whose way the outer codepoint became this one. */
function marked(inner: AnyLayer, outer: number): PacketDraft {
  return packet(ipv4({ ...underlay, ecn: outer }), without, geneve({ vni: 7 }), inner, udp());
}

describe("congestion on the way", () => {
  it.each([
    ["IPv4", ipv4({ ...pods, ecn: ecn.capable0, dscp: 46 })],
    ["IPv6", ipv6({ ...pods6, ecn: ecn.capable0, dscp: 46 })],
  ])("is told to the receiver of the inner %s packet, with a right checksum", (_name, inner) => {
    const result = receive(marked(inner, ecn.congestion));
    if (result.outcome !== "deliver") throw new Error("it was not delivered");
    const parsed = parsePacket(result.inner, { linkType: "ip" });
    expect(parsed.layers[0]).toMatchObject({ ecn: ecn.congestion, dscp: 46 });
    expect(verifyChecksums(parsed).filter(({ verdict }) => verdict !== "correct")).toEqual([]);
  });

  it("leaves a wrong inner checksum wrong", () => {
    const inner = ipv4({ ...pods, ecn: ecn.capable0, checksum: 0x1234 });
    const result = receive(marked(inner, ecn.congestion));
    if (result.outcome !== "deliver") throw new Error("it was not delivered");
    const [report] = verifyChecksums(parsePacket(result.inner, { linkType: "ip" }));
    expect(report).toMatchObject({ kind: "ipv4", verdict: "wrong" });
  });

  it("drops what could not tell of it", () => {
    const result = receive(marked(ipv4(pods), ecn.congestion));
    expect(result).toEqual({ outcome: "drop", reason: "congestion" });
  });
});

describe("a packet is dropped", () => {
  const critical: Draft<Geneve>["options"] = [{ type: 0x80, class: 0x0102 }];
  const twice = [{ type: "cluster-id" as const, clusterId: 3 }];
  it.each([
    ["without a tunnel header", packet(ipv4(underlay), udp({ destinationPort: 53 })), "malformed"],
    ["with a header that contradicts itself", withHeader({ critical: true }), "malformed"],
    [
      "with options that are no options",
      withHeader({ optionTail: Uint8Array.of(0, 0, 0, 1) }),
      "malformed",
    ],
    [
      "with an inner packet that is cut short",
      packet(ipv4(underlay), without, geneve({ vni: 7, protocol: "ipv4" }), "short"),
      "malformed",
    ],
    [
      "that is shorter than its UDP header says",
      packet(ipv4(underlay), udp({ length: 99, checksum: 0 }), geneve({ vni: 7 }), ...syn),
      "malformed",
    ],
    [
      "whose UDP length ends in the inner packet",
      packet(ipv4(underlay), udp({ length: 40, checksum: 0 }), geneve({ vni: 7 }), ...syn),
      "malformed",
    ],
    [
      "in IPv4 fragments",
      packet(ipv4({ ...underlay, moreFragments: true }), without, geneve({ vni: 7 }), ...syn),
      "malformed",
    ],
    [
      "in IPv6 fragments",
      packet(
        ipv6(underlay6),
        ipv6Fragment({ moreFragments: true }),
        without,
        geneve({ vni: 7 }),
        ...syn,
      ),
      "malformed",
    ],
    [
      "with a wrong UDP checksum",
      packet(ipv4(underlay), udp({ checksum: 1 }), geneve({ vni: 7 }), ...syn),
      "wrong-checksum",
    ],
    [
      "with a wrong outer IPv4 checksum",
      packet(ipv4({ ...underlay, checksum: 1 }), without, geneve({ vni: 7 }), ...syn),
      "wrong-checksum",
    ],
    [
      "over IPv6 without a UDP checksum",
      packet(ipv6(underlay6), without, geneve({ vni: 7 }), ...syn),
      "no-checksum",
    ],
    [
      "with an unknown critical option",
      withHeader({ options: critical }),
      "unknown-critical-option",
    ],
    [
      "with an unknown critical option, though it is control",
      withHeader({ options: critical, control: true }),
      "unknown-critical-option",
    ],
    [
      "with one of Heddle's options twice",
      withHeader({ options: [...twice, ...twice] }),
      "repeated-option",
    ],
    [
      "with services of both families",
      withHeader({ options: [{ type: "dsr-ipv4" }, { type: "dsr-ipv6" }] }),
      "repeated-option",
    ],
    ["without an identity", withHeader({ vni: 0 }), "forbidden-identity"],
    ["of cluster 0", withHeader({ options: [{ type: "cluster-id" }] }), "forbidden-identity"],
    [
      "whose protocol is not that of what it carries",
      withHeader({ protocol: "ipv6" }),
      "malformed",
    ],
    ["that carries ARP without a frame", withHeader({ protocol: "arp" }), "unsupported-inner"],
    [
      "that carries a protocol without a codec",
      packet(ipv4(underlay), without, geneve({ vni: 7, protocol: "mpls" }), "label"),
      "unsupported-inner",
    ],
  ])("%s", (_name, draft, reason) => {
    expect(receive(draft)).toEqual({ outcome: "drop", reason });
  });

  const lldp = packet(ethernet({ etherType: "lldp" }), "whose length no header says");
  it.each([
    ["an IP packet", withHeader({})],
    ["a frame", { ...lldp, layers: [ipv4(underlay), without, geneve({ vni: 7 }), ...lldp.layers] }],
  ])("of which a part was not captured: %s", (_name, draft) => {
    const bytes = buildPacket(draft, geneveProtocols);
    const options = { linkType: "ip", protocols: geneveProtocols } as const;
    expect(decapsulate(parsePacket(bytes, options)).outcome).toBe("deliver");
    const cut = parsePacket(bytes.subarray(0, -1), { ...options, originalLength: bytes.length });
    expect(cut.problem).toBeUndefined();
    expect(decapsulate(cut)).toEqual({ outcome: "drop", reason: "malformed" });
  });

  const stranger = parseIp("192.0.2.9");
  it("from an address that is no peer's", () => {
    expect(receive(withHeader({}), { isPeer: (address) => address === stranger })).toEqual({
      outcome: "drop",
      reason: "unknown-peer",
    });
    expect(receive(withHeader({}), { isPeer: () => true }).outcome).toBe("deliver");
  });

  const host = identity(7);
  it("that claims an identity which is not sent over the wire", () => {
    const refused = { outcome: "drop", reason: "forbidden-identity" };
    expect(receive(withHeader({}), { mayClaim: (claimed) => claimed !== host })).toEqual(refused);
    expect(
      receive(withHeader({ vni: 8 }), { mayClaim: (claimed) => claimed !== host }).outcome,
    ).toBe("deliver");
  });
});

it("both ends may agree to go without a UDP checksum over IPv6", () => {
  const draft = packet(ipv6(underlay6), without, geneve({ vni: 7 }), ...syn);
  expect(receive(draft, { zeroChecksumOverIpv6: true }).outcome).toBe("deliver");
});
