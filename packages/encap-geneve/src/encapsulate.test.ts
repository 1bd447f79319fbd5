import { identity, type IpAddress, parseIp, parseIpv4, parseIpv6, port } from "@heddle/contracts";
import {
  arp,
  buildPacket,
  ethernet,
  ipv4,
  ipv6,
  matchPacket,
  packet,
  type PacketDraft,
  parsePacket,
  tcp,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import { describe, expect, it } from "vitest";
import {
  encapsulate,
  type EncapsulateOptions,
  geneve,
  geneveProtocols,
  GeneveError,
  type Tunnel,
} from "./index.ts";

const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const syn = packet(ipv4({ ...pods, dscp: 46, ecn: 2, ttl: 3 }), tcp({ destinationPort: 80 }));

function tunnel(source: IpAddress, destination: IpAddress): Tunnel {
  return { source, destination, identity: identity(7) };
}
const overIpv4 = tunnel(parseIp("192.0.2.1"), parseIp("192.0.2.2"));
const overIpv6 = tunnel(parseIp("2001:db8::1"), parseIp("2001:db8::2"));

function parsed(draft: PacketDraft) {
  const linkType = draft.layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
  return parsePacket(buildPacket(draft), { linkType });
}

/** What is on the wire. */
function sent(draft: PacketDraft, to: Tunnel, options?: EncapsulateOptions) {
  const bytes = buildPacket(encapsulate(parsed(draft), to, options), geneveProtocols);
  return parsePacket(bytes, { linkType: "ip", protocols: geneveProtocols });
}

describe("the outer headers", () => {
  it("over IPv4 forbid fragments, have a TTL of their own, the inner DSCP and ECN, and no UDP checksum", () => {
    const outer = ipv4({
      source: parseIpv4("192.0.2.1"),
      destination: parseIpv4("192.0.2.2"),
      dontFragment: true,
      ttl: 64,
      dscp: 46,
      ecn: 2,
    });
    const transport = udp({ destinationPort: 6081, checksum: 0 });
    const header = geneve({ vni: 7, protocol: "ipv4", control: false, critical: false });
    const expected = { layers: [outer, transport, header, ...syn.layers] };
    expect(matchPacket(sent(syn, overIpv4), expected, geneveProtocols)).toEqual([]);
  });

  it("over IPv6 have a UDP checksum and a flow label", () => {
    const found = sent(syn, overIpv6);
    expect(found.layers[0]).toMatchObject({ kind: "ipv6", hopLimit: 64, dscp: 46, ecn: 2 });
    expect(found.layers[0]).not.toMatchObject({ flowLabel: 0 });
    expect(verifyChecksums(found, geneveProtocols)[0]).toMatchObject({
      kind: "udp",
      verdict: "correct",
    });
  });

  it.each([
    [overIpv4, "computed" as const, "correct"],
    [overIpv4, "zero" as const, "absent"],
    [overIpv6, "computed" as const, "correct"],
    [overIpv6, "zero" as const, "absent"],
  ])("to $destination with the checksum policy %s", (to, policy, verdict) => {
    const found = sent(syn, to, { udpChecksum: { 4: policy, 6: policy } });
    const reports = verifyChecksums(found, geneveProtocols);
    expect(reports.find(({ kind }) => kind === "udp")?.verdict).toBe(verdict);
  });

  it("have the DSCP and TTL that were chosen, and still the inner ECN", () => {
    const found = sent(syn, overIpv4, { dscp: 0, ttl: 9 });
    expect(found.layers[0]).toMatchObject({ dscp: 0, ttl: 9, ecn: 2 });
  });

  it("have the options, and say that one is critical", () => {
    const options = [{ type: "cluster-id" as const, clusterId: 3 }];
    expect(sent(syn, { ...overIpv4, options }).layers[2]).toMatchObject({
      critical: true,
      options: [{ type: "cluster-id", clusterId: 3 }],
    });
  });

  it("have a source port of the range that was chosen", () => {
    const sourcePorts = { first: port(40_000), last: port(40_000) };
    expect(sent(syn, overIpv4, { sourcePorts }).layers[1]).toMatchObject({ sourcePort: 40_000 });
  });
});

describe("what is carried", () => {
  const six = packet(
    ipv6({ source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2"), dscp: 8, ecn: 1 }),
    udp({ destinationPort: 53 }),
  );

  it.each([
    ["an IPv4 packet", syn, overIpv6, "ipv4", { dscp: 46, ecn: 2 }],
    ["an IPv6 packet", six, overIpv4, "ipv6", { dscp: 8, ecn: 1 }],
    [
      "a frame",
      { layers: [ethernet(), ...six.layers] },
      overIpv4,
      "transparent-ethernet-bridging",
      { dscp: 8, ecn: 1 },
    ],
    [
      "ARP, which has neither DSCP nor ECN",
      packet(ethernet(), arp()),
      overIpv4,
      "transparent-ethernet-bridging",
      { dscp: 0, ecn: 0 },
    ],
  ])("may be %s", (_name, draft, to, protocol, trafficClass) => {
    const found = sent(draft, to);
    expect(found.layers[0]).toMatchObject(trafficClass);
    expect(found.layers[2]).toMatchObject({ kind: "geneve", protocol });
    expect(found.layers.slice(3)).toEqual(parsed(draft).layers);
  });

  it("is a frame with its padding", () => {
    const padded = { ...packet(ethernet(), arp()), trailer: new Uint8Array(18) };
    expect(sent(padded, overIpv4)).toMatchObject({ trailer: new Uint8Array(18), missing: 0 });
    expect(sent(padded, overIpv4).layers[1]).toMatchObject({ length: 8 + 8 + 60 });
  });

  it("may not be bytes of something else", () => {
    expect(() => encapsulate(parsed(packet("?")), overIpv4)).toThrow(
      new GeneveError({
        code: "unsupported-inner",
        operation: "encapsulate",
        subject: "bytes without headers",
        reason: "a tunnel carries Ethernet frames and IP packets",
      }),
    );
  });
});

it("the ends of a tunnel are of one family", () => {
  const mixed = tunnel(parseIp("192.0.2.1"), parseIp("2001:db8::2"));
  expect(() => encapsulate(parsed(syn), mixed)).toThrow("192.0.2.1 to 2001:db8::2");
  expect(() => encapsulate(parsed(syn), tunnel(mixed.destination, mixed.source))).toThrow(
    expect.objectContaining({ code: "mixed-families" }),
  );
});
