import * as fc from "fast-check";
import { interfaceIndex, parseIp, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { devices, families, ips, macs, u32s, unknowns } from "../../test/arbitraries.ts";
import { bytes, checkTotality, rewritten, unsafeCuts } from "../../test/codec-laws.ts";
import {
  describeNeighbour,
  type Neighbour,
  neighbourFromBody,
  neighbourKey,
  type NeighbourState,
  neighbourToBody,
} from "./neighbour.ts";
import type { RouteProtocol, RouteType } from "../route/names.ts";
import { neighbourCodec } from "./wire.ts";

const headerSize = 12;
const device = interfaceIndex(3);

// Answers of Linux 6.18 to RTM_GETNEIGH, without their netlink headers.
const captured: readonly (readonly [what: string, wire: string, neighbour: Neighbour])[] = [
  [
    "permanent",
    `02000000 03000000 80000001 08000100 0a000002 0a000200 02000000 00020000 08000400 00000000
     14000300 02000000 02000000 02000000 00000000`,
    {
      device,
      destination: parseIp("10.0.0.2"),
      proxy: false,
      address: parseMac("02:00:00:00:00:02"),
      state: "permanent",
      flags: [],
      type: "unicast",
      probes: 0,
    },
  ],
  [
    "kept fresh by the kernel",
    `02000000 03000000 01001001 08000100 0a000003 08000400 04000000 14000300 72170000 02000000
     02000000 01000000 08000f00 01000000`,
    {
      device,
      destination: parseIp("10.0.0.3"),
      proxy: false,
      state: "incomplete",
      flags: ["ext-learned", "managed"],
      type: "unicast",
      probes: 4,
    },
  ],
  [
    "a multicast address",
    `0a000000 03000000 40000005 14000100 ff020000 00000000 00000000 00000016 0a000200 33330000
     00160000 08000400 00000000 14000300 74170000 04000000 04000000 00000000`,
    {
      device,
      destination: parseIp("ff02::16"),
      proxy: false,
      address: parseMac("33:33:00:00:00:16"),
      state: "noarp",
      flags: [],
      type: "multicast",
      probes: 0,
    },
  ],
  [
    "answered for",
    "0a000000 03000000 00000801 14000100 20010db8 00000000 00000000 00000009",
    {
      device,
      destination: parseIp("2001:db8::9"),
      proxy: true,
      state: "none",
      flags: [],
      type: "unicast",
    },
  ],
];

describe("neighbours on the wire", () => {
  it.each(captured)("are read: %s", (_, wire, neighbour) => {
    expect(neighbourFromBody(neighbourCodec.decode(bytes(wire)))).toEqual(neighbour);
  });

  it.each(captured)("are written back to the same bytes: %s", (_, wire) => {
    expect(rewritten(neighbourCodec, bytes(wire))).toEqual(bytes(wire));
  });

  it.each(captured)("are safe when cut short: %s", (_, wire) => {
    expect(unsafeCuts(neighbourCodec, bytes(wire), headerSize)).toEqual([]);
  });

  it("are safe whatever they are", () => {
    expect(() => checkTotality(neighbourCodec, headerSize)).not.toThrow();
  });

  it("are the same after writing and reading", () => {
    fc.assert(
      fc.property(families.chain(neighbours), (neighbour) => {
        const wire = neighbourCodec.encode(neighbourToBody(neighbour));
        expect(neighbourFromBody(neighbourCodec.decode(wire))).toEqual(neighbour);
      }),
    );
  });

  it("of a bridge are passed over", () => {
    const wire = bytes("07000000 03000000 80000200 0a000200 02000000 00020000");
    expect(neighbourFromBody(neighbourCodec.decode(wire))).toBeUndefined();
  });
});

it("a neighbour has a key in each of the two tables", () => {
  const id = { device, destination: parseIp("10.0.0.2") };
  expect(neighbourKey(id)).toBe("3 10.0.0.2");
  expect(neighbourKey({ ...id, proxy: false })).toBe("3 10.0.0.2");
  expect(neighbourKey({ ...id, proxy: true })).toBe("3 10.0.0.2 proxy");
  expect(describeNeighbour({ ...id, address: parseMac("02:00:00:00:00:02") })).toBe(
    "10.0.0.2 lladdr 02:00:00:00:00:02 dev 3",
  );
});

function neighbours(family: 4 | 6): fc.Arbitrary<Neighbour> {
  return fc.record(
    {
      device: devices,
      destination: ips(family),
      proxy: fc.boolean(),
      address: macs,
      state: fc.constantFrom<NeighbourState[]>("none", "reachable", "permanent", 0x300),
      flags: fc.constantFrom(
        [],
        ["use", "router"] as const,
        ["self", "managed", "locked", "ext-validated", 0x1000] as const,
      ),
      type: fc.constantFrom<RouteType[]>("unspec", "unicast", 99),
      probes: u32s,
      vlan: fc.nat(0xffff),
      port: fc.nat(0xffff),
      vni: u32s,
      protocol: fc.constantFrom<RouteProtocol[]>("zebra", 250),
      nextHopId: u32s,
      unknown: unknowns,
    },
    { requiredKeys: ["device", "destination", "proxy", "state", "flags", "type"] },
  );
}
