import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, internetChecksum, pseudoHeader, updateChecksum } from "./index.ts";

describe("the Internet checksum", () => {
  // The example of RFC 1071 section 3, whose sum is ddf2.
  it("is the complement of the RFC's example sum", () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(internetChecksum(bytes)).toBe(0xffff - 0xddf2);
  });

  it.each([
    [[], 0xffff],
    [[0xff, 0xff], 0],
    [[0x12], 0xedff],
    [[0xff, 0xff, 0x00, 0x01], 0xfffe],
  ])("of %j is %i", (bytes, checksum) => {
    expect(internetChecksum(Uint8Array.from(bytes))).toBe(checksum);
  });

  it("does not depend on how the data is cut, and verifies to zero once written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4 }), fc.nat(), (bytes, at) => {
        const cut = at % bytes.length;
        const checksum = internetChecksum(bytes);
        expect(internetChecksum(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(checksum);
        const padded = Uint8Array.from([...bytes, ...(bytes.length % 2 === 1 ? [0] : [])]);
        expect(internetChecksum(padded, Uint8Array.of(checksum >>> 8, checksum & 255))).toBe(0);
      }),
    );
  });
});

describe("the incremental update", () => {
  // The example of RFC 1624 section 4: a word goes from 5555 to 3285, where RFC 1141's equation is wrong.
  it("agrees with the RFC's example", () => {
    expect(updateChecksum(0xdd2f, Uint8Array.of(0x55, 0x55), Uint8Array.of(0x32, 0x85))).toBe(0);
  });

  it("gives what computing anew gives", () => {
    const fields = fc
      .integer({ min: 1, max: 10 })
      .chain((words) =>
        fc.tuple(
          fc.uint8Array({ minLength: 2 * words, maxLength: 2 * words }),
          fc.uint8Array({ minLength: 2 * words, maxLength: 2 * words }),
        ),
      );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fields, (rest, [before, after]) => {
        fc.pre([...rest, ...after].some((byte) => byte !== 0));
        fc.pre([...rest, ...before].some((byte) => byte !== 0));
        const checksum = internetChecksum(before, rest);
        expect(updateChecksum(checksum, before, after)).toBe(internetChecksum(after, rest));
      }),
    );
  });
});

// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
describe("CRC32c", () => {
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a91_36aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ["32 ascending", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd_794e],
    ["123456789", new TextEncoder().encode("123456789"), 0xe306_9283],
    ["nothing", new Uint8Array(), 0],
  ])("of %s", (_name, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
    expect(crc32c(bytes.subarray(0, 5), bytes.subarray(5))).toBe(crc);
  });
});

describe("a pseudo header", () => {
  it("has 12 bytes for IPv4 and 40 for IPv6", () => {
    const source = parseIpv4("10.0.0.1");
    const destination = parseIpv4("10.0.0.2");
    expect([...pseudoHeader({ source, destination, protocol: "udp", length: 258 })]).toEqual([
      10, 0, 0, 1, 10, 0, 0, 2, 0, 17, 1, 2,
    ]);
    const six = pseudoHeader({
      source: parseIpv6("::1"),
      destination: parseIpv6("::2"),
      protocol: 58,
      length: 65_537,
    });
    expect([...six.subarray(12)]).toEqual([
      0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 1, 0, 0, 0, 58,
    ]);
  });

  it("is of one family", () => {
    const of = {
      source: parseIpv4("10.0.0.1"),
      destination: parseIpv6("::1"),
      protocol: 6,
      length: 0,
    };
    expect(() => pseudoHeader(of)).toThrow("::1 is not of 10.0.0.1's family");
  });
});
