import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { ipv4, ipv6, ipv6DestinationOptions, ipv6Fragment, packet, tcp, udp } from "@heddle/packet";
import { expect, it } from "vitest";
import { observe } from "./index.ts";
import { seen } from "./packets.fake.ts";

const six = ipv6({ source: parseIpv6("fd00::5"), destination: parseIpv6("fd00::7") });
const four = ipv4({ source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") });
const chain = (length: number) => Array.from({ length }, () => ipv6DestinationOptions());
const syn = tcp({ sourcePort: 1, destinationPort: 2, flags: ["syn"] });

it("looks through eight extension headers, and no more", () => {
  expect(observe(seen(packet(six, ...chain(8), syn)))).toMatchObject({ signal: "open" });
  const wanted = { outcome: "invalid", reason: "header-chain" };
  expect(observe(seen(packet(six, ...chain(9), syn)))).toEqual(wanted);
  expect(observe(seen(packet(six, ...chain(12), syn)))).toEqual(wanted);
});

it("finds a first fragment truncated that ends among its extension headers", () => {
  const fragment = ipv6Fragment({ moreFragments: true, nextHeader: "ipv6-destination-options" });
  const first = packet(six, fragment, Uint8Array.of(6, 1, 0, 0, 0, 0, 0, 0));
  expect(observe(seen(first))).toEqual({ outcome: "invalid", reason: "truncated" });
});

it("takes an address of IPv4 in an IPv6 header for malformed", () => {
  const mapped = ipv6({ source: parseIpv6("::ffff:10.0.1.5"), destination: parseIpv6("fd00::7") });
  const wanted = { outcome: "invalid", reason: "malformed" };
  expect(observe(seen(packet(mapped, udp())))).toEqual(wanted);
});

it("does not hold against a tunnel what is wrong with the packet in it", () => {
  const broken = packet(four, ipv4({ totalLength: 19 }));
  expect(observe(seen(broken))).toMatchObject({ tuple: { protocol: "ipv4" }, signal: "data" });
});
