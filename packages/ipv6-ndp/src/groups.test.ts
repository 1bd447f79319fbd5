import { ipv6FromBigInt, ipv6ToBytes, parseIpv6 } from "@heddle/contracts";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { groupMac, isSolicitedNodeGroup, solicitedNodeGroup } from "./index.ts";

const addresses = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromBigInt);

it.each([
  // The example of RFC 4291 section 2.7.1.
  ["4037::1:800:200e:8c6c", "ff02::1:ff0e:8c6c", "33:33:ff:0e:8c:6c"],
  ["fd00:10:244:1::5", "ff02::1:ff00:5", "33:33:ff:00:00:05"],
  ["fd00::ab:cdef:1234", "ff02::1:ffef:1234", "33:33:ff:ef:12:34"],
])("solicitations for %s go to %s and %s", (address, group, mac) => {
  expect(solicitedNodeGroup(parseIpv6(address))).toBe(group);
  expect(groupMac(parseIpv6(group))).toBe(mac);
});

it("addresses share a group if and only if they share their last 24 bits", () => {
  fc.assert(
    fc.property(addresses, addresses, fc.boolean(), (one, other, same) => {
      const last = Buffer.from(ipv6ToBytes(one)).subarray(13);
      const bytes = ipv6ToBytes(other);
      if (same) bytes.set(last, 13);
      const twin = ipv6FromBigInt(BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
      const shares = Buffer.from(bytes).subarray(13).equals(last);
      expect(solicitedNodeGroup(twin) === solicitedNodeGroup(one)).toBe(shares);
    }),
  );
});

it("a group is known as one by its first 104 bits", () => {
  fc.assert(
    fc.property(addresses, (address) => {
      expect(isSolicitedNodeGroup(solicitedNodeGroup(address))).toBe(true);
      expect(isSolicitedNodeGroup(address)).toBe(solicitedNodeGroup(address) === address);
    }),
  );
});
