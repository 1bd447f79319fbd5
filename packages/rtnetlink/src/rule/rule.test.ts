import * as fc from "fast-check";
import { type IpFamily, parsePrefix } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { families, prefixes, u32s, u8s, unknowns } from "../../test/arbitraries.ts";
import { bytes, checkTotality, rewritten, unsafeCuts } from "../../test/codec-laws.ts";
import {
  describeRule,
  type Rule,
  type RuleAction,
  ruleFromBody,
  ruleKey,
  ruleToBody,
} from "./rule.ts";
import type { RouteProtocol } from "../route/names.ts";
import { ruleCodec } from "./wire.ts";

const headerSize = 12;
const plain = { tos: 0, l3mdev: false, invert: false, flags: [], protocol: "unspec" } as const;

// Answers of Linux 6.18 to RTM_GETRULE, without their netlink headers.
const captured: readonly (readonly [what: string, wire: string, rule: Rule])[] = [
  [
    "the kernel's first",
    "02000000 ff000001 00000000 08000f00 ff000000 08000e00 ffffffff 05001500 02000000",
    { ...plain, family: 4, priority: 0, action: "lookup", table: "local", protocol: "kernel" },
  ],
  [
    "a jump",
    `02000000 00000002 00000000 08000f00 00000000 08000e00 ffffffff 05001500 00000000
     08000600 05000000 08000400 fe7f0000`,
    { ...plain, family: 4, priority: 5, action: "goto", goto: 32_766 },
  ],
  [
    "a refusal by type of service",
    `02000010 00000008 00000000 08000f00 00000000 08000e00 ffffffff 05001500 00000000
     08000600 06000000`,
    { ...plain, family: 4, priority: 6, action: "prohibit", tos: 16 },
  ],
  [
    "many conditions",
    `02000800 fc000001 00000000 08000f00 e8030000 08000e00 00000000 05001500 00000000
     07000300 6c6f0000 08000600 64000000 08000a00 01000000 08001000 0f000000
     0c001400 00000000 0a000000 08001800 50005a00 05001600 06000000 08000200 0a000000`,
    {
      ...plain,
      family: 4,
      priority: 100,
      action: "lookup",
      table: 1000,
      source: parsePrefix("10.0.0.0/8"),
      inputDevice: "lo",
      mark: { value: 1, mask: 15 },
      users: { first: 0, last: 10 },
      ipProtocol: 6,
      destinationPorts: { first: 80, last: 90 },
      suppressPrefixLength: 0,
    },
  ],
  [
    "the opposite, of a VRF",
    `0a200000 00000001 02000000 08000f00 00000000 08000e00 ffffffff 05001500 00000000
     07001100 76300000 08000600 07000000 05001300 01000000
     14000100 20010db8 00000000 00000000 00000000`,
    {
      ...plain,
      family: 6,
      priority: 7,
      action: "lookup",
      destination: parsePrefix("2001:db8::/32"),
      outputDevice: "v0",
      l3mdev: true,
      invert: true,
      flags: ["invert"],
    },
  ],
];

const anyRules = fc
  .tuple(families, fc.boolean())
  .chain(([family, invert]) => rules(family, invert));

describe("rules on the wire", () => {
  it.each(captured)("are read: %s", (_, wire, rule) => {
    expect(ruleFromBody(ruleCodec.decode(bytes(wire)))).toEqual(rule);
  });

  it.each(captured)("are written back to the same bytes: %s", (_, wire) => {
    expect(rewritten(ruleCodec, bytes(wire))).toEqual(bytes(wire));
  });

  it.each(captured)("are safe when cut short: %s", (_, wire) => {
    expect(unsafeCuts(ruleCodec, bytes(wire), headerSize)).toEqual([]);
  });

  it("are safe whatever they are", () => {
    expect(() => checkTotality(ruleCodec, headerSize)).not.toThrow();
  });

  it("are the same after writing and reading", () => {
    fc.assert(
      fc.property(anyRules, (rule) => {
        const wire = ruleCodec.encode(ruleToBody(rule));
        expect(ruleFromBody(ruleCodec.decode(wire))).toEqual(rule);
      }),
    );
  });

  it("of multicast routing are passed over", () => {
    const body = ruleToBody({ family: 4, priority: 1 });
    expect(ruleFromBody({ ...body, header: { ...body.header, family: 128 } })).toBeUndefined();
  });
});

describe("a rule's key", () => {
  const priority = 100;
  it.each([
    [
      { family: 4, priority, table: 254 },
      { family: 4, priority, table: "main", tos: 0 },
    ],
    [
      { family: 4, priority, source: parsePrefix("0.0.0.0/0") },
      { family: 4, priority, action: "lookup", invert: false, protocol: "static" },
    ],
  ] as const)("is the same for %j and %j", (left, right) => {
    expect(ruleKey(left)).toBe(ruleKey(right));
  });

  it("is another when anything differs that a rule matches or does", () => {
    const specs = [
      { family: 4, priority },
      { family: 6, priority },
      { family: 4, priority: 101 },
      { family: 4, priority, table: 7 },
      { family: 4, priority, action: "prohibit" },
      { family: 4, priority, invert: true },
      { family: 4, priority, mark: { value: 1, mask: 1 } },
      { family: 4, priority, mark: { value: 1, mask: 3 } },
      { family: 4, priority, sourcePorts: { first: 1, last: 2 } },
      { family: 4, priority, destinationPorts: { first: 1, last: 2 } },
      { family: 4, priority, tunnelId: 7n },
      { family: 4, priority, suppressGroup: 7 },
      { family: 4, priority, unknown: { "#25": Uint8Array.of(1) } },
    ] as const;
    expect(new Set(specs.map(ruleKey)).size).toBe(specs.length);
  });

  it("is for people, too", () => {
    expect(
      describeRule({
        family: 4,
        priority,
        source: parsePrefix("10.0.0.0/8"),
        mark: { value: 1, mask: 15 },
        table: 7,
      }),
    ).toBe("100: from 10.0.0.0/8 fwmark 0x1/0xf lookup 7");
  });
});

function rules(family: IpFamily, invert: boolean): fc.Arbitrary<Rule> {
  const conditions = prefixes(family).filter((prefix) => !prefix.endsWith("/0"));
  const ranges = fc.record({ first: fc.nat(0xffff), last: fc.nat(0xffff) });
  return fc.record(
    {
      family: fc.constant(family),
      priority: u32s,
      action: fc.constantFrom<RuleAction[]>("lookup", "goto", "blackhole", 77),
      table: fc.oneof(fc.constantFrom("main"), fc.integer({ min: 256, max: 2 ** 32 - 1 })),
      goto: u32s,
      source: conditions,
      destination: conditions,
      inputDevice: fc.constant("eth0"),
      outputDevice: fc.constant("lo"),
      mark: fc.record({ value: u32s, mask: u32s }),
      tos: u8s,
      l3mdev: fc.boolean(),
      users: ranges,
      ipProtocol: u8s,
      sourcePorts: ranges,
      destinationPorts: ranges,
      sourcePortMask: fc.nat(0xfffe),
      destinationPortMask: fc.nat(0xfffe),
      tunnelId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      suppressPrefixLength: fc.nat(128),
      suppressGroup: fc.nat(128),
      invert: fc.constant(invert),
      flags: fc.constant(invert ? (["invert"] as const) : []),
      protocol: fc.constantFrom<RouteProtocol[]>("static", "kernel", 77),
      unknown: unknowns,
    },
    {
      requiredKeys: [
        "family",
        "priority",
        "action",
        "tos",
        "l3mdev",
        "invert",
        "flags",
        "protocol",
      ],
    },
  );
}
