import { createManualClock, parseIp, parseLabelSelector, parsePrefix } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createPools,
  IpamError,
  type NamedPoolOptions,
  type PoolAllocation,
  type PoolChoice,
  type Pools,
} from "./index.ts";

const [prefixA, prefixA6, prefixB, prefixC] = [
  "10.0.0.0/29",
  "fd00::/125",
  "10.0.1.0/29",
  "10.0.2.0/28",
].map(parsePrefix);
if (!prefixA || !prefixA6 || !prefixB || !prefixC) throw new Error("no prefixes");

const blue = parseLabelSelector({ matchLabels: { team: "blue" } });
const red = parseLabelSelector({ matchLabels: { team: "red" } });
const prod = parseLabelSelector({ matchLabels: { stage: "prod" } });

const poolOptions: readonly NamedPoolOptions[] = [
  { name: "default", prefixes: [prefixA, prefixA6] },
  { name: "blue", prefixes: [prefixB], selector: blue, coolDown: 1000 },
  { name: "prod-red", prefixes: [prefixC], selector: red, namespaceSelector: prod },
  { name: "prod", prefixes: [], namespaceSelector: prod, coolDown: 500 },
];

function pools(options: readonly NamedPoolOptions[] = poolOptions, defaultPool = "default") {
  const clock = createManualClock();
  return { clock, pools: createPools({ clock }, { pools: options, defaultPool }) };
}

describe("the pool of an owner", () => {
  it.each<[PoolChoice, string]>([
    [{}, "default"],
    [{ labels: { team: "green" } }, "default"],
    [{ labels: { team: "blue" } }, "blue"],
    [{ labels: { team: "blue" }, namespaceLabels: { stage: "prod" } }, "blue"],
    [{ labels: { team: "red" } }, "default"],
    [{ labels: { team: "red" }, namespaceLabels: { stage: "prod" } }, "prod-red"],
    [{ labels: { team: "green" }, namespaceLabels: { stage: "prod" } }, "prod"],
    [{ pool: "prod-red", labels: { team: "blue" } }, "prod-red"],
    [{ pool: undefined, labels: { team: "blue" } }, "blue"],
  ])("with %j is %s", (choice, pool) => {
    expect(pools().pools.choose(choice)).toBe(pool);
  });

  it("is not one that there is not", () => {
    expect(() => pools().pools.allocate("a", [4], { pool: "green" })).toThrow(
      "find pool green: there are default, blue, prod-red, prod",
    );
    const none = pools(poolOptions, "main").pools;
    expect(() => none.allocate("a", [4])).toThrow(
      "choose pool for an owner that asks for none: no selector of default, blue, prod-red, prod matches, and there is no pool main (ask for a pool by name, or add the default one)",
    );
  });

  it("is told with what it gave, and stays the owner's", () => {
    const { pools: all } = pools();
    expect(all.allocate("a", [4], { pool: "blue" })).toEqual({
      owner: "a",
      ipv4: "10.0.1.1",
      ipv6: undefined,
      addresses: ["10.0.1.1"],
      ipv4Pool: "blue",
      ipv6Pool: undefined,
    });
    expect(all.allocate("a", [6, 4])).toMatchObject({
      addresses: ["10.0.1.1", "fd00::1"],
      ipv4Pool: "blue",
      ipv6Pool: "default",
    });
    expect(all.allocations.get("a")).toMatchObject({ ipv6Pool: "default" });
    expect(() => all.allocate("b", [])).toThrow(/no address family was asked for/);
  });
});

describe("several pools", () => {
  it("give the addresses that are claimed, of one or of several, or none of them", () => {
    const { pools: all } = pools();
    all.allocate("b", [4], { pool: "blue" });
    const wanted = ["10.0.1.1", "fd00::3"].map(parseIp);
    expect(() => all.claim("a", wanted)).toThrow(/it belongs to b/);
    expect(all.ownerOf(parseIp("fd00::3"))).toBeUndefined();
    expect(all.claim("a", ["10.0.1.2", "fd00::3"].map(parseIp))).toMatchObject({
      ipv4Pool: "blue",
      ipv6Pool: "default",
    });
    expect(all.claim("a", [parseIp("10.0.1.2")]).addresses).toEqual(["10.0.1.2", "fd00::3"]);
    expect(() => all.claim("a", [parseIp("10.0.0.2")])).toThrow(/a has 10\.0\.1\.2/);
    expect(() => all.claim("c", [parseIp("10.9.0.2")])).toThrow(
      "claim 10.9.0.2 for c: it is of none of the pools default, blue, prod-red, prod",
    );
    expect(all.poolOf(parseIp("10.0.1.7"))).toBe("blue");
    expect([all.release("a"), all.release("a"), all.allocations.has("a")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("can be asked one by one, and know what an owner has of others", () => {
    const { pools: all } = pools();
    expect(all.get("blue").allocate("a", [4]).ipv4).toBe("10.0.1.1");
    expect(all.get("default").allocate("a", [4, 6]).addresses).toEqual(["10.0.1.1", "fd00::1"]);
    expect(all.allocations.get("a")?.ipv6Pool).toBe("default");
    expect(() => all.get("green")).toThrow(/find pool green/);
  });

  it("have no address in common", () => {
    const { pools: all } = pools();
    expect(() => all.get("blue").addPrefix(parsePrefix("10.0.0.0/16"))).toThrow(
      "add prefix to pool blue: 10.0.0.0/16: pool default has 10.0.0.0/29, which overlaps it",
    );
    const green = { name: "green", prefixes: ["10.0.9.0/24", "10.0.0.0/30"].map(parsePrefix) };
    expect(() => all.add(green)).toThrow(/overlaps it/);
    // Nothing of it remains.
    all.get("blue").addPrefix(parsePrefix("10.0.9.0/24"));
    expect(() => all.add({ name: "blue", prefixes: [] })).toThrow(
      "add pool blue: there is one of this name",
    );
    expect(() => all.get("blue").removePrefix(prefixA)).toThrow(
      "remove prefix 10.0.0.0/29: pool blue has 10.0.1.0/29, 10.0.9.0/24",
    );
  });

  it("come and go, but not while they are in use", () => {
    const { pools: all } = pools();
    all.allocate("a", [4], { labels: { team: "blue" } });
    expect(() => all.remove("blue")).toThrow(
      "remove pool blue: 1 owners have addresses of it, a (release them first)",
    );
    all.release("a");
    const gone = all.get("blue");
    all.remove("blue");
    expect(() => gone.addPrefix(prefixB)).toThrow(/find pool blue/);
    expect(all.choose({ labels: { team: "blue" } })).toBe("default");
    all.add({ name: "late", prefixes: [prefixB], selector: blue });
    expect(all.allocate("a", [4], { labels: { team: "blue" } }).ipv4Pool).toBe("late");
  });

  it("keep a released address cool when its prefix moves from one to another", () => {
    const { clock, pools: all } = pools();
    all.allocate("a", [4], { pool: "blue" });
    all.release("a");
    all.get("blue").removePrefix(prefixB);
    all.get("default").addPrefix(prefixB);
    all.get("prod").addPrefix(parsePrefix("10.0.3.0/29"));
    expect(() => all.claim("b", [parseIp("10.0.1.1")])).toThrow(/a had it until a moment ago/);
    clock.advance(600);
    all.allocate("p", [4], { pool: "prod" });
    all.release("p");
    const cooling = () => all.usage$.value.map(({ pool, family, cooling: n }) => [pool, family, n]);
    expect(cooling()).toEqual([
      ["default", 4, 1],
      ["default", 6, 0],
      ["prod-red", 4, 0],
      ["prod", 4, 1],
    ]);
    // The longer one ends before the shorter one, which began later.
    clock.advance(400);
    expect(cooling().map(([, , n]) => n)).toEqual([0, 0, 0, 1]);
    expect(all.claim("b", [parseIp("10.0.1.1")]).ipv4Pool).toBe("default");
    clock.advance(100);
    expect(cooling().map(([, , n]) => n)).toEqual([0, 0, 0, 0]);
    expect(clock.pending).toBe(0);
  });

  it("tell their use by family, and what they give out while it is watched", () => {
    const { pools: all } = pools();
    const seen: (number | undefined)[] = [];
    all.usage$.subscribe((usage) => seen.push(usage[2]?.used));
    all.allocate("a", [4], { pool: "blue" });
    all.get("blue").addPrefix(parsePrefix("10.0.4.0/30"));
    expect(all.usage$.value[2]).toMatchObject({
      pool: "blue",
      family: 4,
      capacity: 8n,
      used: 1,
      cooling: 0,
      free: 7n,
      prefixes: [
        { prefix: prefixB, used: 1 },
        { prefix: "10.0.4.0/30", used: 0 },
      ],
    });
    expect(seen).toEqual([0, 1, 1]);
  });
});

const owner = fc.constantFrom("a", "b", "c", "d", "e");
const step = fc.oneof(
  fc.record({
    owner,
    families: fc.constantFrom<(4 | 6)[]>([4], [6], [4, 6]),
    pool: fc.constantFrom("default", "blue", "prod-red", "prod"),
  }),
  fc.record({
    owner,
    addresses: fc.array(fc.constantFrom("10.0.0.1", "10.0.1.2", "10.0.2.1", "fd00::2"), {
      maxLength: 2,
    }),
  }),
  fc.record({ owner }),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Carries a step out, or refuses it. Whether it did. */
function serve(all: Pools, one: Step): boolean {
  try {
    if ("pool" in one) all.allocate(one.owner, one.families, { pool: one.pool });
    else if ("addresses" in one) all.claim(one.owner, one.addresses.map(parseIp));
    else all.release(one.owner);
    return true;
  } catch (error) {
    if (error instanceof IpamError) return false;
    throw error;
  }
}

function held(all: Pools): ReadonlyMap<string, PoolAllocation> {
  return new Map(all.allocations.entries());
}

/** What an owner has now and had not before, with the pool that it says it is of. */
function gained(before: PoolAllocation | undefined, after: PoolAllocation | undefined) {
  const pairs = [
    [before?.ipv4, after?.ipv4, after?.ipv4Pool],
    [before?.ipv6, after?.ipv6, after?.ipv6Pool],
  ];
  return pairs.flatMap(([old, address, pool]) =>
    address === undefined || address === old ? [] : [{ address: parseIp(address), pool }],
  );
}

it("no address has two owners, each is of the pool that was chosen, and a refusal changes nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, pools: all } = pools();
      for (const one of steps) {
        clock.advance(100);
        const before = held(all);
        const isServed = serve(all, one);
        const after = held(all);
        expect(isServed ? before : after).toEqual(before);
        for (const { address, pool } of gained(before.get(one.owner), after.get(one.owner))) {
          expect(all.poolOf(address)).toBe("pool" in one ? one.pool : pool);
          expect(pool).toBe(all.poolOf(address));
        }
        const owned = [...after].flatMap(([name, { addresses }]) =>
          addresses.map((address) => [address, name] as const),
        );
        expect(owned.map(([address]) => all.ownerOf(address))).toEqual(
          owned.map(([, name]) => name),
        );
        expect(new Set(owned.map(([address]) => address)).size).toBe(owned.length);
        const used = all.usage$.value.reduce((sum, usage) => sum + usage.used, 0);
        expect(used).toBe(owned.length);
      }
    }),
    { numRuns: 200 },
  );
});

it("pools restored from their allocations are as full as the first ones", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const uncooled = poolOptions.map((options) => Object.assign({}, options, { coolDown: 0 }));
      const first = pools(uncooled).pools;
      for (const one of steps) serve(first, one);
      const second = pools(uncooled).pools;
      for (const [name, { addresses }] of held(first)) second.claim(name, addresses);
      expect(held(second)).toEqual(held(first));
      expect(second.usage$.value).toEqual(first.usage$.value);
    }),
  );
});
