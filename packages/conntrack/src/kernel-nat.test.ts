import { parseIp, parsePrefix } from "@heddle/contracts";
import { createMemoryMap, createMemoryRingBuffer } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import {
  natDevicesMap,
  natPortsMap,
  natPrefixesMap,
  natSettingsMap,
  natWarningsMap,
} from "./generated/bpf.ts";
import { rolesOf, writeSourceNat } from "./kernel-nat.ts";
import { resolveSourceNat, type SourceNatOptions } from "./nat-options.ts";

const prefixes = (...texts: readonly string[]) => texts.map(parsePrefix);
const [node, node6] = [parseIp("192.0.2.10"), parseIp("2001:db8::10")];
const sourceNat: SourceNatOptions = {
  addresses: [node6, node],
  sources: prefixes("10.0.0.0/8", "fd00::/16"),
};

describe("the roles of prefixes", () => {
  it("are those of all that a prefix lies in, since the kernel finds the longest one only", () => {
    const roles = rolesOf({
      sources: prefixes("10.0.0.0/8", "10.1.2.0/24", "fd00::/16"),
      exclude: prefixes("10.1.0.0/16", "192.168.0.0/16"),
    });
    expect(Object.fromEntries(roles)).toEqual({
      "10.0.0.0/8": 1,
      "10.1.2.0/24": 3,
      "fd00::/16": 1,
      "10.1.0.0/16": 3,
      "192.168.0.0/16": 2,
    });
  });

  it("are written as wanted, and what is wanted no more is removed", async () => {
    const maps = {
      settings: createMemoryMap(natSettingsMap),
      devices: createMemoryMap(natDevicesMap),
      prefixes: createMemoryMap(natPrefixesMap),
      ports: createMemoryMap(natPortsMap),
      warnings: createMemoryRingBuffer(natWarningsMap),
    };
    await writeSourceNat(maps, resolveSourceNat(sourceNat));
    expect(maps.settings.get(0)).toMatchObject({
      address: [node, node6],
      enabled: 1,
      warnAt: 22_938,
    });
    const exclude = prefixes("192.168.0.0/16");
    const other = { addresses: [node], sources: prefixes("10.0.0.0/8"), exclude };
    await writeSourceNat(maps, resolveSourceNat(other));
    const written = await Array.fromAsync(maps.prefixes.entries());
    expect(
      written.map(([{ address, bits }, roles]) => `${address}/${String(bits)} ${String(roles)}`),
    ).toEqual(expect.arrayContaining(["10.0.0.0/104 1", "192.168.0.0/112 2"]));
    expect(written).toHaveLength(2);
    await writeSourceNat(maps, undefined);
    expect(await Array.fromAsync(maps.prefixes.entries())).toEqual([]);
    expect(maps.settings.get(0)?.enabled).toBe(0);
  });
});

describe("options of source NAT that contradict themselves", () => {
  const rows: readonly (readonly [string, Partial<SourceNatOptions>, string])[] = [
    ["a source without an address of its family", { addresses: [node] }, "sourceNat.sources"],
    [
      "two addresses of one family",
      { addresses: [node, parseIp("192.0.2.11")] },
      "sourceNat.addresses",
    ],
    ["an address of nobody", { addresses: [parseIp("0.0.0.0"), node6] }, "sourceNat.addresses"],
    ["a multicast address", { addresses: [node, parseIp("ff02::1")] }, "sourceNat.addresses"],
    ["an exclusion of all destinations", { exclude: prefixes("::/0") }, "sourceNat.exclude"],
    ["ports that end before they begin", { ports: { first: 9, last: 8 } }, "sourceNat.ports"],
  ];
  it.each(rows)("are refused: %s", (_name, options, subject) => {
    expect(() => resolveSourceNat({ ...sourceNat, ...options })).toThrow(
      expect.objectContaining({ code: "invalid-option", subject }),
    );
  });
});
