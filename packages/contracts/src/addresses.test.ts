import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AddressError,
  compareIp,
  hostPrefix,
  identity,
  interfaceIndex,
  ipFromBytes,
  ipFromMappedBytes,
  ipToBigInt,
  ipToBytes,
  ipToMappedBytes,
  ipv4FromNumber,
  ipv4ToNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
  isIp,
  isIpv4,
  isIpv6,
  isMac,
  isPrefix,
  macFromBytes,
  macToBytes,
  parseIdentity,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePort,
  parsePrefix,
  port,
  prefixContains,
  prefixesOverlap,
  prefixLength,
  prefixNth,
  prefixOf,
  prefixSize,
} from "./index.ts";

const ipv4s = fc.integer({ min: 0, max: 0xffff_ffff }).map(ipv4FromNumber);
/** Sparse addresses, so that runs of zero groups and mapped prefixes appear. */
const ipv6s = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xdb8, 0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => ipv6FromBigInt(groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)));
const ips = fc.oneof(ipv4s, ipv6s);

function failure(action: () => unknown): AddressError {
  try {
    action();
  } catch (error) {
    if (error instanceof AddressError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("IPv4", () => {
  it("round-trips through text, bytes and number", () => {
    fc.assert(
      fc.property(ipv4s, (address) => {
        expect(parseIpv4(address)).toBe(address);
        expect(ipFromBytes(ipToBytes(address))).toBe(address);
        expect(ipv4FromNumber(ipv4ToNumber(address))).toBe(address);
      }),
    );
  });

  it.each([
    ["10.0.0.01", 'octet "01" has leading zeros', "write 1"],
    ["010.8.8.8", 'octet "010" has leading zeros', "write 10"],
    ["1.2.3", "3 octets instead of 4", undefined],
    ["1.2.3.256", 'octet "256" is above 255', undefined],
    ["1.2.3.-1", 'octet "-1" is not a decimal number', undefined],
    ["1.2.3.4 ", 'octet "4 " is not a decimal number', undefined],
    ["0x7f.0.0.1", 'octet "0x7f" is not a decimal number', undefined],
    ["", "1 octets instead of 4", undefined],
  ])("refuses %j", (text, reason, hint) => {
    const error = failure(() => parseIpv4(text));
    expect(error.code).toBe("invalid-ipv4");
    expect(error.reason).toContain(reason);
    expect(error.hint).toBe(hint);
    expect(isIpv4(text)).toBe(false);
  });

  it.each([-1, 1.5, 2 ** 32, Number.NaN])("has no address for the number %s", (value) => {
    expect(failure(() => ipv4FromNumber(value)).code).toBe("invalid-ipv4");
  });
});

describe("IPv6", () => {
  it("round-trips through text, bytes and number", () => {
    fc.assert(
      fc.property(ipv6s, (address) => {
        expect(parseIpv6(address)).toBe(address);
        expect(ipFromBytes(ipToBytes(address))).toBe(address);
        expect(ipv6FromBigInt(ipv6ToBigInt(address))).toBe(address);
        expect(isIpv6(address)).toBe(true);
      }),
    );
  });

  it("agrees with the platform's own canonical form", () => {
    fc.assert(
      fc.property(ipv6s, (address) => {
        fc.pre(!address.includes("."));
        expect(new URL(`http://[${address}]/`).hostname).toBe(`[${address}]`);
      }),
    );
  });

  // RFC 5952 sections 4 and 5.
  it.each([
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["1::", "1::"],
  ])("writes %s as %s", (text, canonical) => {
    expect(parseIpv6(text)).toBe(canonical);
    expect(isIpv6(text)).toBe(text === canonical);
  });

  it.each([
    ["fe80::1%eth0", "it carries a zone", "leave out everything from the % sign on"],
    ["1::2::3", "`::` appears more than once", undefined],
    ["1:2:3:4:5:6:7", "7 groups instead of 8", undefined],
    ["1:2:3:4:5:6:7:8:9", "9 groups instead of 8", undefined],
    ["1:2:3:4::5:6:7:8", "`::` stands for no group", undefined],
    ["12345::", 'group "12345" is not 1 to 4 hexadecimal digits', undefined],
    [":1:2:3:4:5:6:7", 'group "" is not', undefined],
    ["::1.2.3.04", 'octet "04" has leading zeros', "write 4"],
    ["1.2.3.4::", 'group "1.2.3.4" is not', undefined],
    [":", 'group "" is not', undefined],
  ])("refuses %j", (text, reason, hint) => {
    const error = failure(() => parseIpv6(text));
    expect(error.code).toBe("invalid-ipv6");
    expect(error.reason).toContain(reason);
    expect(error.hint).toBe(hint);
  });
});

describe("either family", () => {
  it("round-trips through sixteen mapped bytes", () => {
    fc.assert(
      fc.property(ips, (address) => {
        fc.pre(!address.startsWith("::ffff:"));
        expect(ipFromMappedBytes(ipToMappedBytes(address))).toBe(address);
      }),
    );
  });

  it("orders by family, then by value", () => {
    fc.assert(
      fc.property(ips, ips, (left, right) => {
        expect(Math.sign(compareIp(left, right)) + Math.sign(compareIp(right, left))).toBe(0);
        expect(compareIp(left, right) === 0).toBe(left === right);
      }),
    );
    expect(["::1", "10.0.0.10", "10.0.0.9"].map(parseIp).toSorted(compareIp)).toEqual([
      "10.0.0.9",
      "10.0.0.10",
      "::1",
    ]);
  });

  it("refuses a length that no family has", () => {
    expect(failure(() => ipFromBytes(new Uint8Array(5))).reason).toContain("4 or 16 bytes");
    expect(isIp("nonsense")).toBe(false);
  });
});

describe("prefixes", () => {
  const prefixes = fc
    .tuple(ips, fc.nat(128))
    .map(([address, length]) => prefixOf(address, address.includes(":") ? length : length % 33));

  it("round-trip through text", () => {
    fc.assert(
      fc.property(prefixes, (prefix) => {
        expect(parsePrefix(prefix)).toBe(prefix);
        expect(isPrefix(prefix)).toBe(true);
      }),
    );
  });

  it("contain exactly the addresses from the first to the last", () => {
    fc.assert(
      fc.property(prefixes, ips, (prefix, address) => {
        const first = ipToBigInt(prefixNth(prefix, 0n));
        const offset = ipToBigInt(address) - first;
        const sameFamily = address.includes(":") === prefix.includes(":");
        expect(prefixContains(prefix, address)).toBe(
          sameFamily && offset >= 0n && offset < prefixSize(prefix),
        );
        expect(prefixContains(prefix, prefixNth(prefix, prefixSize(prefix) - 1n))).toBe(true);
      }),
    );
  });

  it("overlap when one contains the other", () => {
    const wide = parsePrefix("10.0.0.0/8");
    expect(prefixesOverlap(wide, parsePrefix("10.1.0.0/16"))).toBe(true);
    expect(prefixesOverlap(parsePrefix("10.1.0.0/16"), wide)).toBe(true);
    expect(prefixesOverlap(parsePrefix("10.1.0.0/16"), parsePrefix("10.2.0.0/16"))).toBe(false);
    expect(prefixesOverlap(wide, parsePrefix("::/0"))).toBe(false);
  });

  it.each([
    ["10.0.0.1/24", "host bits are set", "write 10.0.0.0/24"],
    ["10.0.0.0", "the length is missing", "write ADDRESS/LENGTH"],
    ["10.0.0.0/33", "a number from 0 to 32", undefined],
    ["::/129", "a number from 0 to 128", undefined],
    ["10.0.0.0/08", "a number from 0 to 32", undefined],
    ["10.0.00.0/8", 'octet "00" has leading zeros', "write 0"],
  ])("refuse %j", (text, reason, hint) => {
    const error = failure(() => parsePrefix(text));
    expect(error.code).toBe("invalid-prefix");
    expect(error.reason).toContain(reason);
    expect(error.hint).toBe(hint);
    expect(isPrefix(text)).toBe(false);
  });

  it("know their host prefix and their bounds", () => {
    expect(hostPrefix(parseIp("10.0.0.1"))).toBe("10.0.0.1/32");
    expect(prefixLength(hostPrefix(parseIp("::1")))).toBe(128);
    expect(failure(() => prefixNth(parsePrefix("10.0.0.0/30"), 4n)).reason).toContain("it holds 4");
  });
});

describe("MAC addresses", () => {
  it("round-trip through bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        const address = macFromBytes(bytes);
        expect(parseMac(address.toUpperCase())).toBe(address);
        expect(macToBytes(address)).toEqual(bytes);
      }),
    );
  });

  it.each(["02:00:00:00:00", "2:0:0:0:0:1", "02-00-00-00-00-01", "02:00:00:00:00:0g"])(
    "refuse %j",
    (text) => {
      expect(failure(() => parseMac(text)).code).toBe("invalid-mac");
      expect(isMac(text)).toBe(false);
    },
  );
});

describe("numbers", () => {
  it.each([0, 65_536, 1.5, Number.NaN])("no port is %s", (value) => {
    expect(failure(() => port(value)).code).toBe("invalid-port");
  });
  it.each(["0", "080", "65536", "", "http", "1e3"])("no port is written %j", (text) => {
    expect(failure(() => parsePort(text)).code).toBe("invalid-port");
  });
  it("read what they write", () => {
    expect(parsePort("443")).toBe(port(443));
    expect(parseIdentity("16777215")).toBe(identity(16_777_215));
    expect(interfaceIndex(7)).toBe(7);
  });
  it.each(["0", "16777216", "01"])("no identity is written %j", (text) => {
    expect(failure(() => parseIdentity(text)).code).toBe("invalid-identity");
  });
  it("no interface index is 0", () => {
    expect(failure(() => interfaceIndex(0)).code).toBe("invalid-interface-index");
  });
});
