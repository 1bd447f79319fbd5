import * as fc from "fast-check";
import { interfaceIndex, parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { devices, families, ips, u32s, u8s, unknowns } from "../../test/arbitraries.ts";
import { bytes, checkTotality, rewritten, unsafeCuts } from "../../test/codec-laws.ts";
import {
  type Address,
  addressFromBody,
  addressKey,
  addressToBody,
  describeAddress,
} from "./address.ts";
import type { Scope } from "../scope.ts";
import { addressCodec } from "./wire.ts";

const headerSize = 8;
const device = interfaceIndex(3);

// Answers of Linux 6.18 to RTM_GETADDR, without their netlink headers.
const captured: readonly (readonly [what: string, wire: string, address: Address])[] = [
  [
    "IPv4 with a broadcast address",
    `02188000 03000000 08000100 0a000001 08000200 0a000001 08000400 0a0000ff 07000300 76300000
     08000800 80000000 14000600 ffffffff ffffffff 321b0800 321b0800`,
    {
      device,
      address: parseIp("10.0.0.1"),
      prefixLength: 24,
      scope: "global",
      flags: ["permanent"],
      broadcast: parseIp("10.0.0.255"),
      label: "v0",
      preferredLifetime: "forever",
      validLifetime: "forever",
    },
  ],
  [
    "IPv4 with a peer",
    `02208000 03000000 08000100 0a000006 08000200 0a000005 07000300 76300000 08000800 80000000
     14000600 ffffffff ffffffff 331b0800 331b0800`,
    {
      device,
      address: parseIp("10.0.0.5"),
      peer: parseIp("10.0.0.6"),
      prefixLength: 32,
      scope: "global",
      flags: ["permanent"],
      label: "v0",
      preferredLifetime: "forever",
      validLifetime: "forever",
    },
  ],
  [
    "IPv6 that the kernel made",
    `0a40c0fd 03000000 14000100 fe800000 00000000 000000ff fe000001 14000600 ffffffff ffffffff
     321b0800 321b0800 08000800 c0000000 05000b00 03000000`,
    {
      device,
      address: parseIp("fe80::ff:fe00:1"),
      prefixLength: 64,
      scope: "link",
      flags: ["tentative", "permanent"],
      preferredLifetime: "forever",
      validLifetime: "forever",
      protocol: "kernel-link-local",
    },
  ],
  [
    "IPv6 with lifetimes",
    `0a400200 03000000 14000100 20010db8 00000000 00000000 00000001 14000600 f4010000 e8030000
     331b0800 331b0800 08000800 02000000`,
    {
      device,
      address: parseIp("2001:db8::1"),
      prefixLength: 64,
      scope: "global",
      flags: ["nodad"],
      preferredLifetime: 500,
      validLifetime: 1000,
    },
  ],
  [
    "IPv6 with flags beyond the header's eight bits",
    `0a408200 03000000 14000100 20010db8 00010000 00000000 00000001 14000600 ffffffff ffffffff
     331b0800 331b0800 08000800 82020000`,
    {
      device,
      address: parseIp("2001:db8:1::1"),
      prefixLength: 64,
      scope: "global",
      flags: ["nodad", "permanent", "noprefixroute"],
      preferredLifetime: "forever",
      validLifetime: "forever",
    },
  ],
];

describe("addresses on the wire", () => {
  it.each(captured)("are read: %s", (_, wire, address) => {
    expect(addressFromBody(addressCodec.decode(bytes(wire)))).toEqual(address);
  });

  it.each(captured)("are written back to the same bytes: %s", (_, wire) => {
    expect(rewritten(addressCodec, bytes(wire))).toEqual(bytes(wire));
  });

  it.each(captured)("are safe when cut short: %s", (_, wire) => {
    expect(unsafeCuts(addressCodec, bytes(wire), headerSize)).toEqual([]);
  });

  it("are safe whatever they are", () => {
    expect(() => checkTotality(addressCodec, headerSize)).not.toThrow();
  });

  it("are the same after writing and reading", () => {
    fc.assert(
      fc.property(families.chain(addresses), (address) => {
        const wire = addressCodec.encode(addressToBody(address));
        expect(addressFromBody(addressCodec.decode(wire))).toEqual(address);
      }),
    );
  });

  it("of other families are passed over", () => {
    const wire = bytes("1c188000 03000000 08000100 0a000001");
    expect(addressFromBody(addressCodec.decode(wire))).toBeUndefined();
  });
});

it("an address has one key, whatever else is known of it", () => {
  const id = { device, address: parseIp("10.0.0.5"), prefixLength: 24 };
  const labelled = { ...id, label: "v0" };
  expect(addressKey(labelled)).toBe(addressKey(id));
  expect(addressKey({ ...id, peer: parseIp("10.0.0.6") })).toBe("3 10.0.0.5 peer 10.0.0.6/24");
  expect(describeAddress(id)).toBe("10.0.0.5/24 dev 3");
});

function addresses(family: 4 | 6): fc.Arbitrary<Address> {
  const lifetimes = fc.oneof(fc.nat(1000), fc.constant("forever" as const));
  return fc
    .record(
      {
        device: devices,
        address: ips(family),
        prefixLength: fc.nat(family === 4 ? 32 : 128),
        peer: ips(family),
        scope: fc.constantFrom<Scope[]>("global", "site", "link", "host", "nowhere", 7),
        flags: fc.constantFrom([], ["nodad"], ["permanent", "noprefixroute", 0x1_0000] as const),
        broadcast: ips(family),
        label: fc.constantFrom("v0", "v0:1"),
        preferredLifetime: lifetimes,
        validLifetime: lifetimes,
        protocol: fc.oneof(
          fc.constant("kernel-ra" as const),
          u8s.filter((number) => number > 3),
        ),
        routeMetric: u32s,
        unknown: unknowns,
      },
      {
        requiredKeys: [
          "device",
          "address",
          "prefixLength",
          "scope",
          "flags",
          "preferredLifetime",
          "validLifetime",
        ],
      },
    )
    .filter(({ address, peer }) => address !== peer);
}
