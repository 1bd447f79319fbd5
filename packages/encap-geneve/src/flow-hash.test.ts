import { ipv4FromNumber, parseIpv4, parseIpv6, parseMac, port } from "@heddle/contracts";
import {
  type AnyLayer,
  arp,
  buildPacket,
  ethernet,
  ipv4,
  ipv6,
  ipv6Fragment,
  parsePacket,
  sctp,
  tcp,
  udp,
} from "@heddle/packet";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dynamicPorts, flowHash, tunnelSourcePort } from "./index.ts";

const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const pods6 = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };

function hashOf(...layers: readonly AnyLayer[]): number {
  const linkType = layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
  return flowHash(parsePacket(buildPacket({ layers }), { linkType }));
}

describe("the hash of a flow", () => {
  const flow = hashOf(ipv4(pods), tcp({ sourcePort: 5, destinationPort: 80 }));

  it("is that of all its packets", () => {
    const later = tcp({ sourcePort: 5, destinationPort: 80, sequenceNumber: 9, flags: ["ack"] });
    expect(hashOf(ipv4({ ...pods, ttl: 3, identification: 4, ecn: 3 }), later)).toBe(flow);
    expect(hashOf(ethernet({ source: parseMac("02:00:00:00:00:01") }), ipv4(pods), later)).toBe(
      flow,
    );
  });

  it.each([
    ["another source port", hashOf(ipv4(pods), tcp({ sourcePort: 6, destinationPort: 80 }))],
    ["another destination port", hashOf(ipv4(pods), tcp({ sourcePort: 5, destinationPort: 81 }))],
    ["another protocol", hashOf(ipv4(pods), udp({ sourcePort: 5, destinationPort: 80 }))],
    ["SCTP", hashOf(ipv4(pods), sctp({ sourcePort: 5, destinationPort: 80 }))],
    [
      "another address",
      hashOf(
        ipv4({ ...pods, source: parseIpv4("10.0.1.6") }),
        tcp({ sourcePort: 5, destinationPort: 80 }),
      ),
    ],
    ["IPv6", hashOf(ipv6(pods6), tcp({ sourcePort: 5, destinationPort: 80 }))],
  ])("is another one for %s", (_name, hash) => {
    expect(hash).not.toBe(flow);
  });

  it("is one for all fragments of a packet, of which only the first has ports", () => {
    const ports = udp({ sourcePort: 5, destinationPort: 53, checksum: 1 });
    const later = ipv4({ ...pods, fragmentOffset: 8, protocol: "udp" });
    expect(hashOf(ipv4({ ...pods, moreFragments: true }), ports)).toBe(hashOf(later));
    const first6 = hashOf(ipv6(pods6), ipv6Fragment({ moreFragments: true }), ports);
    const later6 = ipv6Fragment({ fragmentOffset: 8, nextHeader: "udp" });
    expect(first6).toBe(hashOf(ipv6(pods6), later6));
  });

  it("of a tunnel in it is that of the tunnel", () => {
    const [one, other] = [5, 6].map((sourcePort) =>
      hashOf(ipv4(pods), ipv6(pods6), udp({ sourcePort, destinationPort: 53 })),
    );
    expect(one).toBe(other);
  });

  it("of what is not IP goes by Ethernet addresses", () => {
    const sources = ["02:00:00:00:00:01", "02:00:00:00:00:02"].map(parseMac);
    const [one, other] = sources.map((source) => hashOf(ethernet({ source }), arp()));
    expect(one).not.toBe(other);
  });
});

/** How many of 16 parts of the range the flows use. */
function partsUsed(hashes: readonly number[]): number {
  return new Set(hashes.map((hash) => (tunnelSourcePort(hash) - dynamicPorts.first) >>> 10)).size;
}

describe("the source port of a tunnel", () => {
  it("is in the range, for any hash and any range", () => {
    const ports = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), ports, ports, (hash, one, other) => {
        const range = { first: port(Math.min(one, other)), last: port(Math.max(one, other)) };
        const chosen = tunnelSourcePort(hash, range);
        expect(chosen).toBeGreaterThanOrEqual(range.first);
        expect(chosen).toBeLessThanOrEqual(range.last);
      }),
    );
  });

  it("uses the whole range", () => {
    expect(tunnelSourcePort(0)).toBe(49_152);
    expect(tunnelSourcePort(0xffff_ffff)).toBe(65_535);
  });

  it("spreads flows that differ by one bit of one address or port", () => {
    const byPort = Array.from({ length: 256 }, (_, index) =>
      hashOf(ipv4(pods), tcp({ sourcePort: 32_768 + index, destinationPort: 80 })),
    );
    const byAddress = Array.from({ length: 256 }, (_, index) =>
      hashOf(ipv4({ ...pods, source: ipv4FromNumber(0x0a00_0100 + index) }), udp()),
    );
    expect([byPort, byAddress].map(partsUsed)).toEqual([16, 16]);
  });

  it("needs a range", () => {
    expect(() => tunnelSourcePort(1, { first: port(2), last: port(1) })).toThrow(
      "choose source port from 2-1: the first port is above the last one",
    );
  });
});
