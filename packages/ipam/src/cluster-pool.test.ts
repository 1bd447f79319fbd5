import { type IpPrefix, parseIp, parsePrefix, prefixesOverlap } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClusterPool,
  type ClusterPoolOptions,
  createClusterPool,
  IpamError,
} from "./index.ts";

const cluster = (text: string, nodeLength: number) => ({ prefix: parsePrefix(text), nodeLength });
const [v4, v6] = [cluster("10.0.0.0/16", 24), cluster("fd00::/48", 64)];

function pool(
  prefixes: ClusterPoolOptions["prefixes"] = [v4, v6],
  options: Omit<ClusterPoolOptions, "prefixes"> = {},
  random = 0,
): ClusterPool {
  return createClusterPool({ random: () => random }, { ...options, prefixes });
}

describe("a cluster pool", () => {
  it("gives a node one prefix of each family, and more when it asks again", () => {
    const all = pool();
    expect(all.allocate("n1", [6, 4])).toEqual(["10.0.0.0/24", "fd00::/64"]);
    expect(all.allocate("n2", [4])).toEqual(["10.0.1.0/24"]);
    expect(all.allocate("n1", [4])).toEqual(["10.0.2.0/24"]);
    expect(all.prefixesOf("n1")).toEqual(["10.0.0.0/24", "fd00::/64", "10.0.2.0/24"]);
    expect(all.nodeOf(parsePrefix("10.0.1.0/24"))).toBe("n2");
    expect(all.nodeOf(parsePrefix("10.0.1.0/25"))).toBeUndefined();
    expect(all.usage$.value).toEqual([
      {
        ...v4,
        family: 4,
        capacity: 256n,
        used: 3,
        free: 253n,
        nodes: 2,
        draining: false,
      },
      { ...v6, family: 6, capacity: 65_536n, used: 1, free: 65_535n, nodes: 1, draining: false },
    ]);
    expect(all.nodes()).toEqual(["n1", "n2"]);
  });

  it("gives nothing when one of the families has nothing left, and says what is there", () => {
    const all = pool([v4, cluster("fd00::/63", 64)], { name: "blue" });
    all.allocate("n1", [6]);
    all.allocate("n2", [6]);
    expect(() => all.allocate("n3", [4, 6])).toThrow(
      "allocate IPv6 prefix for node n3: cluster pool blue is exhausted: fd00::/63 has 2 of 2 prefixes of length 64 in use by 2 nodes (add a prefix to the cluster pool, or release those of nodes that are gone)",
    );
    expect(all.prefixesOf("n3")).toEqual([]);
    expect(() => pool([v4]).allocate("n1", [6])).toThrow("cluster pool cluster has no IPv6 prefix");
    expect(() => all.allocate("n1", [])).toThrow(
      "allocate prefixes for node n1: no address family was asked for",
    );
  });

  it("takes prefixes back, one or all of a node's", () => {
    const all = pool();
    all.allocate("n1", [4, 6]);
    expect(all.release("n2", parsePrefix("10.0.0.0/24"))).toBe(false);
    expect(all.release("n1", parsePrefix("10.0.0.0/24"))).toBe(true);
    expect(all.release("n1", parsePrefix("10.0.0.0/24"))).toBe(false);
    expect(all.allocate("n2", [4])).toEqual(["10.0.0.0/24"]);
    expect(all.releaseNode("n1")).toEqual(["fd00::/64"]);
    expect(all.releaseNode("n1")).toEqual([]);
    expect(all.nodes()).toEqual(["n2"]);
  });

  it("restores what nodes have, and names both nodes of a conflict", () => {
    const all = pool();
    all.claim("n1", ["10.0.7.0/24", "fd00:0:0:9::/64"].map(parsePrefix));
    all.claim("n1", [parsePrefix("10.0.7.0/24")]);
    expect(() => all.claim("n2", ["10.0.0.0/24", "10.0.7.0/24"].map(parsePrefix))).toThrow(
      "claim 10.0.7.0/24 for node n2: node n1 has it (make n2 or n1 give it up)",
    );
    expect(all.nodeOf(parsePrefix("10.0.0.0/24"))).toBeUndefined();
    expect(() => all.claim("n2", [parsePrefix("10.1.0.0/24")])).toThrow(
      "claim 10.1.0.0/24 for node n2: it is outside of cluster pool cluster, which has 10.0.0.0/16, fd00::/48",
    );
    expect(() => all.claim("n2", [parsePrefix("10.0.8.0/25")])).toThrow(
      "claim 10.0.8.0/25 for node n2: node prefixes of 10.0.0.0/16 have a length of 24",
    );
  });

  it("leaves out what is excluded, also in part", () => {
    const excluded = [
      parsePrefix("10.0.0.0/23"),
      parseIp("10.0.2.77"),
      { first: parseIp("10.0.3.255"), last: parseIp("10.0.5.0") },
    ];
    const all = pool([v4], { excluded });
    expect(all.usage$.value).toMatchObject([{ capacity: 250n, free: 250n }]);
    expect(all.allocate("n1", [4])).toEqual(["10.0.6.0/24"]);
    expect(() => all.claim("n1", [parsePrefix("10.0.4.0/24")])).toThrow(
      "claim 10.0.4.0/24 for node n1: addresses of it are excluded",
    );
  });

  it("grows by another prefix, and shrinks by one that is drained or unused", () => {
    const all = pool([cluster("10.0.0.0/24", 24)]);
    all.allocate("n1", [4]);
    all.addPrefix(cluster("10.1.0.0/16", 26));
    expect(all.allocate("n1", [4])).toEqual(["10.1.0.0/26"]);
    expect(() => all.removePrefix(parsePrefix("10.1.0.0/16"))).toThrow(
      "remove cluster prefix 10.1.0.0/16: 1 node prefixes of it are in use, by n1 (drain the prefix that they are of, and wait until nodes have given them back)",
    );
    all.drainPrefix(parsePrefix("10.1.0.0/16"));
    expect(() => all.allocate("n2", [4])).toThrow(/10\.0\.0\.0\/24 has 1 of 1/);
    all.claim("n2", [parsePrefix("10.1.0.64/26")]);
    expect(all.usage$.value[1]).toMatchObject({ used: 2, free: 0n, nodes: 2, draining: true });
    expect(() => all.addPrefix(cluster("10.1.0.0/16", 24))).toThrow(/overlaps it/);
    all.addPrefix(cluster("10.1.0.0/16", 26));
    expect(all.allocate("n2", [4])).toEqual(["10.1.0.128/26"]);
    all.drainPrefix(parsePrefix("10.1.0.0/16"));
    for (const node of ["n1", "n2"]) all.releaseNode(node);
    expect(all.usage$.value.map(({ prefix }) => prefix)).toEqual(["10.0.0.0/24"]);
    all.removePrefix(parsePrefix("10.0.0.0/24"));
    expect(() => all.drainPrefix(parsePrefix("10.0.0.0/24"))).toThrow(
      "drain cluster prefix 10.0.0.0/24: cluster pool cluster has no prefix",
    );
  });

  it.each([
    ["10.0.0.0/8", 8, "10.0.0.0/8"],
    ["10.0.0.0/8", 30, "10.128.0.0/30"],
    ["0.0.0.0/0", 8, "128.0.0.0/8"],
    ["fd00::/32", 64, "fd00:0:8000::/64"],
    ["fd00::/48", 120, "fd00::80:0:0:0/120"],
    ["::/0", 64, "0:8000::/64"],
    ["fd00::/120", 120, "fd00::/120"],
  ])("of %s with node prefixes of %d, in the middle, gives %s", (prefix, nodeLength, given) => {
    const all = pool([cluster(prefix, nodeLength)], { strategy: "random" }, 0.5);
    const [first] = all.allocate("n1", [prefix.includes(":") ? 6 : 4]);
    expect(first).toBe(given);
  });

  it.each([
    ["10.0.0.0/16", 7, "is 7, not one from 16 to 30"],
    ["0.0.0.0/0", 7, "is 7, not one from 8 to 30"],
    ["10.0.0.0/16", 15, "is 15, not one from 16 to 30"],
    ["10.0.0.0/16", 31, "is 31, not one from 16 to 30"],
    ["10.0.0.0/16", 24.5, "is 24.5, not one"],
    ["10.0.0.0/31", 31, "it is smaller than a node prefix, which has up to 30 bits"],
    ["fd00::/48", 63, "is 63, not one from 64 to 120"],
    ["fd00::/48", 121, "is 121, not one from 64 to 120"],
  ])("has no node prefixes of %s with a length of %d", (prefix, nodeLength, reason) => {
    expect(() => pool([cluster(prefix, nodeLength)])).toThrow(reason);
  });
});

const prefixes = [cluster("10.0.0.0/28", 30), cluster("10.0.1.0/29", 30), cluster("fd00::/62", 64)];
const parts: readonly IpPrefix[] = [
  "10.0.0.0/30",
  "10.0.0.4/30",
  "10.0.1.4/30",
  "fd00:0:0:1::/64",
].map(parsePrefix);
const node = fc.constantFrom("a", "b", "c");
const step = fc.oneof(
  fc.record({ node, families: fc.constantFrom<(4 | 6)[]>([4], [6], [4, 6]) }),
  fc.record({ node, claimed: fc.subarray([...parts]) }),
  fc.record({ node, released: fc.constantFrom(...parts) }),
  fc.record({ drained: fc.constantFrom(...prefixes) }),
  fc.record({ added: fc.constantFrom(...prefixes) }),
  fc.record({ node }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Whether it was done. */
function serve(all: ClusterPool, one: Step): boolean {
  try {
    if ("families" in one) all.allocate(one.node, one.families);
    else if ("claimed" in one) all.claim(one.node, one.claimed);
    else if ("released" in one) all.release(one.node, one.released);
    else if ("drained" in one) all.drainPrefix(one.drained.prefix);
    else if ("added" in one) all.addPrefix(one.added);
    else all.releaseNode(one.node);
    return true;
  } catch (error) {
    if (error instanceof IpamError) return false;
    throw error;
  }
}

function held(all: ClusterPool): readonly (readonly [IpPrefix, string])[] {
  return all.nodes().flatMap((name) => all.prefixesOf(name).map((one) => [one, name] as const));
}

const excluded = [parsePrefix("10.0.0.8/30")];

it.each(["first-free", "random"] as const)(
  "no two nodes have anything in common, nothing is excluded, and a refusal changes nothing: %s",
  (strategy) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const all = createClusterPool({}, { prefixes, excluded, strategy });
        for (const one of steps) {
          const before = { held: held(all), usage: all.usage$.value };
          const isDone = serve(all, one);
          const after = { held: held(all), usage: all.usage$.value };
          expect(isDone ? before : after).toEqual(before);
          const given = after.held.map(([prefix]) => prefix);
          for (const [index, prefix] of given.entries()) {
            const others = [...given.slice(index + 1), ...excluded];
            expect(others.filter((other) => prefixesOverlap(prefix, other))).toEqual([]);
          }
          expect(given.map((prefix) => all.nodeOf(prefix))).toEqual(after.held.map(([, n]) => n));
          for (const { prefix, used, nodes } of after.usage) {
            const own = after.held.filter(([part]) => prefixesOverlap(prefix, part));
            expect([used, nodes]).toEqual([own.length, new Set(own.map(([, n]) => n)).size]);
          }
        }
        const restored = createClusterPool({}, { prefixes, excluded, strategy });
        for (const name of all.nodes()) restored.claim(name, all.prefixesOf(name));
        expect(held(restored)).toEqual(held(all));
      }),
      { numRuns: 200 },
    );
  },
);
