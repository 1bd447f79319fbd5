import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  buildPacket,
  icmp,
  ipv4,
  ipv6,
  matchPacket,
  packet,
  type PacketDraft,
  parsePacket,
  tcp,
  udp,
} from "./index.ts";

const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };

function mismatches(sent: PacketDraft, expected: PacketDraft) {
  return matchPacket(parsePacket(buildPacket(sent), { linkType: "ip" }), expected);
}

const syn = packet(
  ipv4({ ...pair, ttl: 63 }),
  tcp({
    destinationPort: 80,
    flags: ["syn"],
    options: [{ type: "window-scale", shift: 7 }, { type: "nop" }],
  }),
  "hello",
);

describe("matchPacket", () => {
  it.each([
    ["only the layers", packet(ipv4(), tcp())],
    ["some fields", packet(ipv4({ ttl: 63 }), tcp({ flags: ["syn"] }))],
    [
      "some fields of an option",
      packet(ipv4(), tcp({ options: [{ type: "window-scale" }, { type: "nop" }] })),
    ],
    ["the payload", packet(ipv4(), tcp(), "hello")],
    ["everything", parsePacket(buildPacket(syn), { linkType: "ip" })],
  ])("accepts a packet when %s is expected", (_name, expected) => {
    expect(mismatches(syn, expected)).toEqual([]);
  });

  it("names layer and field of what differs", () => {
    const expected = packet(
      ipv4({ ttl: 64, destination: parseIpv4("10.0.0.9") }),
      tcp({
        flags: ["ack", "syn"],
        options: [{ type: "window-scale", shift: 8 }, { type: "nop" }],
      }),
      "help",
    );
    expect(mismatches(syn, expected)).toEqual([
      { at: "ipv4.ttl", expected: "64", found: "63" },
      { at: "ipv4.destination", expected: "10.0.0.9", found: "10.0.0.2" },
      { at: "tcp.flags", expected: "[syn, ack]", found: "[syn]" },
      { at: "tcp.options[0].shift", expected: "8", found: "7" },
      { at: "payload", expected: "4 bytes 68656c70", found: "5 bytes 68656c6c6f" },
    ]);
  });

  it("wants exactly the expected layers", () => {
    expect(mismatches(syn, packet(ipv4(), udp()))).toEqual([
      { at: "layers", expected: "ipv4, udp", found: "ipv4, tcp" },
    ]);
    expect(mismatches(syn, packet(ipv4()))).toEqual([
      { at: "layers", expected: "ipv4", found: "ipv4, tcp" },
    ]);
  });

  it("tells layers of one kind apart", () => {
    const tunnel = packet(ipv4({ ttl: 3 }), ipv4({ ttl: 4 }), udp());
    expect(mismatches(tunnel, packet(ipv4({ ttl: 3 }), ipv4({ ttl: 5 }), udp()))).toEqual([
      { at: "ipv4[1].ttl", expected: "5", found: "4" },
    ]);
  });

  it("looks into quoted packets", () => {
    expect(mismatches(errorAbout(53), errorAbout(53))).toEqual([]);
    expect(mismatches(errorAbout(53), errorAbout(54))).toContainEqual({
      at: "icmp.quoted.udp.destinationPort",
      expected: "54",
      found: "53",
    });
  });

  it("finds wrong checksums, unless one was expected to be so", () => {
    const wrong = packet(ipv4(pair), udp({ checksum: 1 }));
    expect(mismatches(wrong, packet(ipv4(), udp()))).toEqual([
      { at: "udp.checksum", expected: "0xebdb as computed", found: "0x1" },
    ]);
    expect(mismatches(wrong, packet(ipv4(), udp({ checksum: 1 })))).toEqual([]);
  });

  it("finds that a packet is malformed", () => {
    const malformed = packet(ipv6({ source: parseIpv6("::1"), nextHeader: "tcp" }), "short");
    expect(mismatches(malformed, packet(ipv6()))).toEqual([
      { at: "problem", expected: "none", found: "tcp: it needs 20 bytes, 5 are there" },
    ]);
  });

  it("cuts long payloads in what it reports", () => {
    const long = packet(ipv4(), new Uint8Array(65));
    const [mismatch] = mismatches(long, packet(ipv4(), "x"));
    expect(mismatch?.found).toBe(`65 bytes ${"00".repeat(64)}...`);
  });
});

function errorAbout(destinationPort: number): PacketDraft {
  const quoted = packet(ipv4(pair), udp({ destinationPort }), "data");
  return packet(ipv4(), icmp({ type: "time-exceeded", quoted }));
}
