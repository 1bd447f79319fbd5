import * as fc from "fast-check";
import { interfaceIndex, type IpFamily, parseIp, parsePrefix } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { devices, families, ips, prefixes, u32s, u8s, unknowns } from "../../test/arbitraries.ts";
import { bytes, checkTotality, rewritten, unsafeCuts } from "../../test/codec-laws.ts";
import type { NextHop } from "./next-hop.ts";
import { describeRoute, type Route, routeFromBody, routeKey, routeToBody } from "./route.ts";
import type { Scope } from "../scope.ts";
import type { RouteMetrics } from "./metrics.ts";
import type { RoutePreference, RouteProtocol, RouteType } from "./names.ts";
import { routeCodec } from "./wire.ts";

const headerSize = 12;
const device = interfaceIndex(3);
const plain = {
  table: "main",
  metric: 0,
  tos: 0,
  type: "unicast",
  protocol: "boot",
  scope: "global",
  flags: 0,
} as const;
const hop = { device, weight: 1, flags: [] } as const;

// Answers of Linux 6.18 to RTM_GETROUTE, without their netlink headers.
const captured: readonly (readonly [what: string, wire: string, route: Route])[] = [
  [
    "several next hops in a table with a large number",
    `02100000 fc030001 00000000 08000f00 e8030000 08000100 0a060000 08000600 07000000
     24000900 10000000 03000000 08000500 0a000002 10000402 03000000 08000500 0a000003`,
    {
      ...plain,
      destination: parsePrefix("10.6.0.0/16"),
      table: 1000,
      metric: 7,
      nextHops: [
        { ...hop, gateway: parseIp("10.0.0.2") },
        { ...hop, gateway: parseIp("10.0.0.3"), weight: 3, flags: ["onlink"] },
      ],
    },
  ],
  [
    "metrics",
    `02100000 fe030001 00000000 08000f00 fe000000 08000100 0a050000 38000800 08000100 04000000
     08000200 14050000 08000800 b0040000 08000b00 14000000 08000f00 01000000 0a001000 63756269
     63000000 08000500 0a000002 08000400 03000000`,
    {
      ...plain,
      destination: parsePrefix("10.5.0.0/16"),
      nextHops: [{ ...hop, gateway: parseIp("10.0.0.2") }],
      metrics: {
        lock: ["mtu"],
        mtu: 1300,
        advertisedMss: 1200,
        initialCongestionWindow: 20,
        quickAck: true,
        congestionControl: "cubic",
      },
    },
  ],
  [
    "IPv4 over an IPv6 next hop",
    `02100000 fe0c0001 00000000 08000f00 fe000000 08000100 0a070000 16001200 0a002001 0db80000
     00000000 00000000 00020000 08000400 03000000`,
    {
      ...plain,
      destination: parsePrefix("10.7.0.0/16"),
      protocol: "bird",
      nextHops: [{ ...hop, gateway: parseIp("2001:db8::2") }],
    },
  ],
  [
    "no next hop",
    "02100000 fe030006 00000000 08000f00 fe000000 08000100 0a080000",
    { ...plain, destination: parsePrefix("10.8.0.0/16"), type: "blackhole", nextHops: [] },
  ],
  [
    "a lightweight tunnel",
    `02100000 fe03fd01 00000000 08000f00 fe000000 08000100 0a090000 08000400 03000000
     38001600 0c000100 00000000 00000007 08000200 0a000002 08000300 00000000 05000500 00000000
     05000400 00000000 06000600 00000000 06001500 02000000`,
    {
      ...plain,
      destination: parsePrefix("10.9.0.0/16"),
      scope: "link",
      nextHops: [
        {
          ...hop,
          encapsulation: {
            type: 2,
            data: bytes(`0c000100 00000000 00000007 08000200 0a000002 08000300 00000000
              05000500 00000000 05000400 00000000 06000600 00000000`),
          },
        },
      ],
    },
  ],
  [
    "an address of the machine",
    "02200000 ff02fe02 00000000 08000f00 ff000000 08000100 0a000001 08000700 0a000001 08000400 03000000",
    {
      ...plain,
      destination: parsePrefix("10.0.0.1/32"),
      table: "local",
      type: "local",
      protocol: "kernel",
      scope: "host",
      preferredSource: parseIp("10.0.0.1"),
      nextHops: [hop],
    },
  ],
  [
    "IPv6 that expires",
    `0a300000 fe030001 00000000 08000f00 fe000000 14000100 20010db8 00050000 00000000 00000000
     08000600 00040000 14000500 20010db8 00000000 00000000 00000002 08000400 03000000
     24000c00 00000000 00000000 2c750000 00000000 00000000 00000000 00000000 00000000
     05001400 01000000`,
    {
      ...plain,
      destination: parsePrefix("2001:db8:5::/48"),
      metric: 1024,
      preference: "high",
      expires: 300,
      nextHops: [{ ...hop, gateway: parseIp("2001:db8::2") }],
    },
  ],
  [
    "IPv6 of a source",
    `0a303000 fe030001 00000000 08000f00 fe000000 14000100 20010db8 00060000 00000000 00000000
     14000200 20010db8 00090000 00000000 00000000 08000600 00040000 08000400 03000000
     24000c00 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
     05001400 00000000`,
    {
      ...plain,
      destination: parsePrefix("2001:db8:6::/48"),
      source: parsePrefix("2001:db8:9::/48"),
      metric: 1024,
      preference: "medium",
      nextHops: [hop],
    },
  ],
  [
    "IPv6 by several next hops",
    `0a300000 fe030001 00000000 08000f00 fe000000 14000100 20010db8 00080000 00000000 00000000
     08000600 00040000 3c000900 1c000001 03000000 14000500 20010db8 00000000 00000000 00000002
     1c000000 03000000 14000500 20010db8 00000000 00000000 00000003
     24000c00 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
     05001400 00000000`,
    {
      ...plain,
      destination: parsePrefix("2001:db8:8::/48"),
      metric: 1024,
      preference: "medium",
      nextHops: [
        { ...hop, gateway: parseIp("2001:db8::2"), weight: 2 },
        { ...hop, gateway: parseIp("2001:db8::3") },
      ],
    },
  ],
];

describe("routes on the wire", () => {
  it.each(captured)("are read: %s", (_, wire, route) => {
    expect(routeFromBody(routeCodec.decode(bytes(wire)))).toEqual(route);
  });

  it.each(captured)("are written back to the same bytes: %s", (_, wire) => {
    expect(rewritten(routeCodec, bytes(wire))).toEqual(bytes(wire));
  });

  it.each(captured)("are safe when cut short: %s", (_, wire) => {
    expect(unsafeCuts(routeCodec, bytes(wire), headerSize)).toEqual([]);
  });

  it("are safe whatever they are", () => {
    expect(() => checkTotality(routeCodec, headerSize)).not.toThrow();
  });

  it("are the same after writing and reading", () => {
    fc.assert(
      fc.property(families.chain(someRoutes), (route) => {
        const wire = routeCodec.encode(routeToBody(route));
        expect(routeFromBody(routeCodec.decode(wire))).toEqual(route);
      }),
    );
  });

  it.each<[NextHop["flags"], NextHop["flags"]]>([
    [["dead", "linkdown", "offload", "trap"], []],
    [
      ["pervasive", "onlink", "linkdown"],
      ["pervasive", "onlink"],
    ],
  ])("are written with those of the hops' flags %j that are no state: %j", (flags, written) => {
    const spec = { destination: parsePrefix("10.0.0.0/8"), nextHops: [{ ...hop, flags }] };
    expect(routeFromBody(routeToBody(spec))?.nextHops).toEqual([{ ...hop, flags: written }]);
  });

  it("of other families are passed over", () => {
    const body = routeToBody({ destination: parsePrefix("10.0.0.0/8") });
    expect(routeFromBody({ ...body, header: { ...body.header, family: 128 } })).toBeUndefined();
  });

  it("name what is wrong inside a next hop", () => {
    const wire = routeCodec.encode(
      routeToBody({
        destination: parsePrefix("10.0.0.0/8"),
        nextHops: [hop, { ...hop, gateway: parseIp("10.0.0.2") }],
      }),
    );
    const inSecondGateway = wire.length - 8;
    expect(routeCodec.nameAt(wire, inSecondGateway)).toBe("multipath.[1].gateway");
  });
});

describe("the scope of a new IPv4 route", () => {
  const destination = parsePrefix("10.0.0.0/8");
  const gateway = { gateway: parseIp("10.0.0.2") };
  it.each([
    [{ destination, nextHops: [gateway] }, "global"],
    [{ destination, nextHops: [{ device }] }, "link"],
    [{ destination, type: "local", nextHops: [{ device }] }, "host"],
    [{ destination, type: "broadcast", nextHops: [{ device }] }, "link"],
    [{ destination, type: "blackhole" }, "global"],
    [{ destination, nextHopId: 1 }, "global"],
    [{ destination: parsePrefix("::/0"), nextHops: [{ device }] }, "global"],
  ] as const)("of %j is %s", (spec, scope) => {
    expect(routeFromBody(routeToBody(spec))?.scope).toBe(scope);
  });
});

describe("a route's key and description", () => {
  const destination = parsePrefix("10.0.0.0/24");
  it.each([
    [{ destination }, "main 10.0.0.0/24 metric 0"],
    [{ destination, table: 254, metric: 0, tos: 0 }, "main 10.0.0.0/24 metric 0"],
    [{ destination, table: 100, metric: 7, tos: 16 }, "100 10.0.0.0/24 tos 16 metric 7"],
    [{ destination: parsePrefix("::/0") }, "main ::/0 metric 1024"],
    [
      { destination: parsePrefix("::/0"), source: parsePrefix("fc00::/7"), metric: 1 },
      "main ::/0 from fc00::/7 metric 1",
    ],
    [
      { destination: parsePrefix("fe80::/64"), metric: 256, nextHops: [{ device }] },
      "main fe80::/64 dev 3 metric 256",
    ],
    [
      { destination: parsePrefix("::/0"), nextHops: [{ device, gateway: parseIp("fe80::1") }] },
      "main ::/0 metric 1024",
    ],
    [
      { destination: parsePrefix("::/0"), type: "unreachable", nextHops: [{ device }] },
      "main ::/0 metric 1024",
    ],
    [{ destination, nextHops: [{ device }] }, "main 10.0.0.0/24 metric 0"],
  ] as const)("are one for the same route: %j", (spec, key) => {
    expect(routeKey(spec)).toBe(key);
  });

  it("are for people, too", () => {
    const nextHops = [{ gateway: parseIp("192.0.2.1"), device: interfaceIndex(7) }];
    expect(describeRoute({ destination, nextHops })).toBe("10.0.0.0/24 via 192.0.2.1 dev 7");
    expect(
      describeRoute({
        destination,
        type: "local",
        metric: 9,
        table: 100,
        nextHops: [...nextHops, { device, weight: 2 }],
      }),
    ).toBe(
      "local 10.0.0.0/24 nexthop via 192.0.2.1 dev 7 nexthop dev 3 weight 2 metric 9 table 100",
    );
    expect(describeRoute({ destination, nextHopId: 4 })).toBe("10.0.0.0/24 nhid 4");
  });
});

function someRoutes(family: IpFamily): fc.Arbitrary<Route> {
  return fc.record(
    {
      destination: prefixes(family),
      source: prefixes(6).filter((prefix) => !prefix.endsWith("/0")),
      table: fc.oneof(fc.constantFrom("main", "local"), fc.integer({ min: 256, max: 2 ** 32 - 1 })),
      metric: u32s,
      tos: u8s,
      type: fc.constantFrom<RouteType[]>("unicast", "local", "blackhole", "throw", 77),
      protocol: fc.constantFrom<RouteProtocol[]>("static", "bgp", 77),
      scope: fc.constantFrom<Scope[]>("global", "link", "host", 77),
      nextHops: fc.uniqueArray(someNextHops(family), { maxLength: 3 }).map(withoutUnknownIfSingle),
      preferredSource: ips(family),
      metrics: fc.constantFrom<RouteMetrics[]>(
        { mtu: 1400 },
        { lock: ["mtu", "hopLimit", 1 << 20], hopLimit: 3, "#40": Uint8Array.of(1) } as const,
        { quickAck: false, congestionControl: "bbr" },
      ),
      preference: fc.constantFrom<RoutePreference[]>("low", "medium", "high", 2),
      expires: u32s,
      flags: fc.constant(0),
      unknown: unknowns,
    },
    {
      requiredKeys: [
        "destination",
        "table",
        "metric",
        "tos",
        "type",
        "protocol",
        "scope",
        "nextHops",
        "flags",
      ],
    },
  );
}

function someNextHops(family: IpFamily): fc.Arbitrary<NextHop> {
  return fc.record(
    {
      gateway: fc.oneof(ips(family), ips(family === 4 ? 6 : 4)),
      device: devices,
      weight: fc.integer({ min: 1, max: 256 }),
      flags: fc.constantFrom([], ["onlink"] as const),
      encapsulation: fc.record({ type: fc.nat(0xffff), data: fc.uint8Array({ maxLength: 9 }) }),
      unknown: unknowns,
    },
    { requiredKeys: ["device", "weight", "flags"] },
  );
}

/** A single hop is written among the route's attributes, and has no weight. */
function withoutUnknownIfSingle(hops: readonly NextHop[]): readonly NextHop[] {
  if (hops.length !== 1) return hops;
  return hops.map(({ unknown: _unknown, ...rest }) => ({ ...rest, weight: 1 }));
}
