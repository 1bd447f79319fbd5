import {
  type IpAddress,
  type IpPrefix,
  ipFromBigInt,
  parseIp,
  parsePrefix,
  prefixAddress,
  prefixContains,
  prefixLength,
  prefixOf,
  compareIp,
} from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attempt } from "./failure.ts";
import { createIndex, createPrefixIndex, createTable, isFailure, transaction } from "./index.ts";

/** Addresses that share many leading bits, of both families. */
const addresses: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.nat(31).map((low) => ipFromBigInt(0x0a00_0000n + BigInt(low) * 0x0400_0001n, 4)),
  fc.nat(31).map((low) => ipFromBigInt((0x2001n << 112n) + BigInt(low) * ((1n << 90n) + 1n), 6)),
);
const prefixes: fc.Arbitrary<IpPrefix> = fc
  .tuple(addresses, fc.nat(128))
  .map(([address, length]) => prefixOf(address, address.includes(":") ? length : length % 33));
const write = fc.record({ prefix: prefixes, value: fc.option(fc.nat(3)), undo: fc.boolean() });

function covers(outer: IpPrefix, inner: IpPrefix): boolean {
  return prefixLength(outer) <= prefixLength(inner) && prefixContains(outer, prefixAddress(inner));
}

function byAddress([left]: readonly [IpPrefix, number], [right]: readonly [IpPrefix, number]) {
  const order = compareIp(prefixAddress(left), prefixAddress(right));
  return order === 0 ? prefixLength(left) - prefixLength(right) : order;
}

describe("a prefix index", () => {
  it("finds what a search of all prefixes would find, now and in its snapshots", () => {
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 40 }),
        fc.array(addresses, { minLength: 1, maxLength: 5 }),
        fc.array(prefixes, { minLength: 1, maxLength: 5 }),
        (writes, someAddresses, somePrefixes) => {
          const table = createTable<IpPrefix, number>({ name: "routes" });
          const index = createPrefixIndex(table);
          const past = [];
          for (const { prefix, value, undo } of writes) {
            const run = () => {
              if (value === null) table.delete(prefix);
              else table.upsert(prefix, value);
              if (undo) throw new RangeError("undone");
            };
            const outcome = attempt(prefix, undo ? () => transaction(run) : run);
            expect(isFailure(outcome)).toBe(undo);
            past.push({ lookup: index.snapshot(), held: [...table.entries()] });
          }
          for (const { lookup, held } of [...past, { lookup: index, held: [...table.entries()] }]) {
            const all = held.toSorted(byAddress);
            for (const address of someAddresses) {
              const match = all.findLast(([prefix]) => prefixContains(prefix, address));
              expect(lookup.match(address)).toEqual(match);
            }
            for (const prefix of [...somePrefixes, ...all.slice(0, 3).map(([each]) => each)]) {
              const within = all.filter(([inner]) => covers(prefix, inner));
              const covering = all.filter(([outer]) => covers(outer, prefix));
              expect([...lookup.within(prefix)]).toEqual(within);
              expect([...lookup.covering(prefix)]).toEqual(covering);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("tells families apart, and knows the default routes", () => {
    const table = createTable<IpPrefix, string>({ name: "routes" });
    table.upsert(parsePrefix("0.0.0.0/0"), "out");
    const index = createPrefixIndex(table);
    table.upsert(parsePrefix("10.0.0.0/8"), "in");
    expect(index.match(parseIp("10.1.2.3"))).toEqual(["10.0.0.0/8", "in"]);
    expect(index.match(parseIp("192.0.2.1"))?.[1]).toBe("out");
    expect(index.match(parseIp("::a00:1"))).toBeUndefined();
    index[Symbol.dispose]();
    table.delete(parsePrefix("10.0.0.0/8"));
    expect(index.match(parseIp("10.1.2.3"))?.[1]).toBe("in");
  });

  it("of an index finds items by any of their prefixes", () => {
    const nodes = createTable<string, readonly IpPrefix[]>({ name: "nodes" });
    const byPrefix = createIndex(nodes, { name: "nodes by prefix", keysOf: (held) => held });
    const index = createPrefixIndex(byPrefix);
    nodes.upsert("n1", [parsePrefix("10.0.1.0/24"), parsePrefix("fd00:1::/64")]);
    nodes.upsert("n2", [parsePrefix("10.0.2.0/24"), parsePrefix("fd00:1::/64")]);
    const at = (address: string) =>
      Array.from(index.match(parseIp(address))?.[1].entries() ?? [], ([key]) => key).toSorted();
    expect([at("10.0.2.9"), at("fd00:1::9"), at("10.0.3.9")]).toEqual([["n2"], ["n1", "n2"], []]);
    expect(index.table.size).toBe(3);
  });
});
