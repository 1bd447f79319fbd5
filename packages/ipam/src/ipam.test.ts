import {
  createManualClock,
  type IpAddress,
  parseIp,
  parsePrefix,
  systemClock,
} from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createIpam, type IpamOptions } from "./index.ts";

function pool(
  prefixes: readonly string[],
  options: Omit<IpamOptions, "prefixes"> = {},
  random = 0,
) {
  const clock = createManualClock();
  const deps = { clock, random: () => random };
  return { clock, ipam: createIpam(deps, { ...options, prefixes: prefixes.map(parsePrefix) }) };
}

function ips(...texts: string[]): IpAddress[] {
  return texts.map(parseIp);
}

describe("allocate", () => {
  it("gives one address of each family, the same when asked again", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/64"]);
    const first = ipam.allocate("default/web-0", [4, 6]);
    expect(first.addresses).toEqual(["10.0.0.1", "fd00::1"]);
    expect([first.owner, first.ipv4, first.ipv6]).toEqual(["default/web-0", "10.0.0.1", "fd00::1"]);
    expect(ipam.allocate("default/web-0", [6])).toBe(first);
    expect(ipam.allocate("default/web-1", [6, 4]).addresses).toEqual(["10.0.0.2", "fd00::2"]);
  });

  it("adds the family that an owner does not have yet", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/64"]);
    expect(ipam.allocate("a", [6]).addresses).toEqual(["fd00::1"]);
    expect(ipam.allocate("a", [4]).addresses).toEqual(["10.0.0.1", "fd00::1"]);
    expect(ipam.allocations.size).toBe(1);
  });

  it("takes nothing when one of the families has nothing left", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/127"]);
    ipam.allocate("a", [6]);
    ipam.allocate("b", [6]);
    expect(() => ipam.allocate("c", [4, 6])).toThrow(
      "allocate IPv6 address for c: pool default is exhausted: fd00::/127 has 2 of 2 addresses in use and 0 cooling down (release addresses or add a prefix)",
    );
    expect(ipam.usage$.value.map(({ used }) => used)).toEqual([0, 2]);
    expect(ipam.allocations.has("c")).toBe(false);
  });

  it("says which pool has no prefix of the family, or that none was asked for", () => {
    const { ipam } = pool(["10.0.0.0/24"], { name: "blue" });
    expect(() => ipam.allocate("a", [6])).toThrow(
      "allocate IPv6 address for a: pool blue has no IPv6 prefix",
    );
    expect(() => ipam.allocate("a", [])).toThrow(
      "allocate addresses for a: no address family was asked for (ask for 4, 6 or both)",
    );
  });

  it("uses the prefixes one after the other", () => {
    const { ipam } = pool(["10.0.0.0/30", "10.0.1.0/30"]);
    const given = ["a", "b", "c", "d"].map((owner) => ipam.allocate(owner, [4]).ipv4);
    expect(given).toEqual(["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2"]);
    expect(() => ipam.allocate("e", [4])).toThrow(
      /10\.0\.0\.0\/30 has 2 of 2 .*; 10\.0\.1\.0\/30 has 2 of 2/,
    );
  });

  it.each([
    ["10.0.0.0/8", 0, "10.0.0.1"],
    ["10.0.0.0/8", 0.5, "10.128.0.0"],
    ["10.0.0.0/8", 1 - Number.EPSILON, "10.0.0.1"],
    ["fd00::/64", 0.5, "fd00::8000:0:0"],
    ["fd00::/64", 1 - Number.EPSILON, "fd00::ffff:ffff:ffff"],
    ["::/0", 0.5, "::8000:0:0"],
    ["2001:db8::8000:0/97", 0.5, "2001:db8::c000:0"],
    ["2001:db8::/127", 0.9, "2001:db8::1"],
    ["2001:db8::7/128", 0.9, "2001:db8::7"],
  ])("of %s at random, where chance says %d, gives %s", (prefix, random, address) => {
    const { ipam } = pool([prefix], { strategy: "random" }, random);
    expect(ipam.allocate("a", [prefix.includes(":") ? 6 : 4]).addresses).toEqual([address]);
  });
});

describe("claim", () => {
  it("gives the very addresses, in and beyond the part that is drawn from", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/64"]);
    const far = parseIp("fd00::ffff:0:0:1");
    expect(ipam.claim("a", ips("fd00::ffff:0:0:1", "10.0.0.1")).addresses).toEqual([
      "10.0.0.1",
      far,
    ]);
    expect(ipam.ownerOf(far)).toBe("a");
    expect(ipam.claim("a", [far])).toBe(ipam.allocations.get("a"));
    expect(ipam.usage$.value[1]).toMatchObject({ used: 1, free: 2n ** 64n - 2n });
    expect(ipam.release("a")).toBe(true);
    expect(ipam.ownerOf(far)).toBeUndefined();
    expect(ipam.claim("b", [far]).ipv6).toBe(far);
  });

  it.each([
    ["10.0.0.7", "address-taken", "it belongs to default/db-0"],
    ["10.1.0.1", "outside-pool", "it is outside of pool default, which has 10.0.0.0/24, fd00::/64"],
    ["10.0.0.0", "reserved", "it is the network address of 10.0.0.0/24"],
    ["10.0.0.255", "reserved", "it is the broadcast address of 10.0.0.0/24"],
    ["fd00::", "reserved", "it is the subnet-router anycast address of fd00::/64"],
    ["10.0.0.33", "reserved", "it is reserved"],
    [
      "10.0.0.6",
      "cooling-down",
      "default/old had it until a moment ago; others can have it in 600 ms",
    ],
  ])("of %s is refused as %s", (address, code, reason) => {
    const { clock, ipam } = pool(["10.0.0.0/24", "fd00::/64"], {
      reserved: [parsePrefix("10.0.0.32/28")],
      coolDown: 1000,
    });
    ipam.claim("default/db-0", ips("10.0.0.7"));
    ipam.claim("default/old", ips("10.0.0.6"));
    ipam.release("default/old");
    clock.advance(400);
    const refusal = { code, message: expect.stringContaining(`claim ${address} for a: ${reason}`) };
    expect(() => ipam.claim("a", ips(address))).toThrow(expect.objectContaining(refusal));
    expect(ipam.allocations.has("a")).toBe(false);
  });

  it("does not give a second address of a family, nor one address of two that are refused", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/64"]);
    ipam.claim("a", ips("10.0.0.1"));
    expect(() => ipam.claim("a", ips("10.0.0.2"))).toThrow(
      "claim 10.0.0.2 for a: a has 10.0.0.1, and an owner has one address of a family",
    );
    expect(() => ipam.claim("b", ips("10.0.0.3", "10.0.0.4"))).toThrow(/b has 10\.0\.0\.3/);
    expect(() => ipam.claim("b", ips("fd00::1", "10.0.0.1"))).toThrow(/it belongs to a/);
    expect(ipam.ownerOf(parseIp("fd00::1"))).toBeUndefined();
  });

  it("says so when the pool is empty", () => {
    expect(() => pool([]).ipam.claim("a", ips("10.0.0.1"))).toThrow(
      "it is outside of pool default, which has no prefix",
    );
  });
});

describe("release", () => {
  it("is idempotent, and frees the address at once without a cool-down", () => {
    const { clock, ipam } = pool(["10.0.0.0/24"]);
    ipam.allocate("a", [4]);
    expect([ipam.release("a"), ipam.release("a")]).toEqual([true, false]);
    expect(ipam.allocate("b", [4]).ipv4).toBe("10.0.0.1");
    expect(clock.pending).toBe(0);
  });

  it("keeps the address from others while it cools down, and not from its last owner", () => {
    const { clock, ipam } = pool(["10.0.0.0/29"], { coolDown: 1000 });
    ipam.allocate("a", [4]);
    ipam.release("a");
    clock.advance(500);
    ipam.allocate("b", [4]);
    ipam.release("b");
    clock.advance(499);
    expect(ipam.allocate("c", [4]).ipv4).toBe("10.0.0.3");
    expect(ipam.usage$.value[0]).toMatchObject({ used: 1, cooling: 2, free: 3n });
    expect(ipam.claim("b", ips("10.0.0.2")).ipv4).toBe("10.0.0.2");
    clock.advance(1);
    expect(ipam.allocate("d", [4]).ipv4).toBe("10.0.0.1");
    expect(ipam.usage$.value[0]).toMatchObject({ used: 3, cooling: 0, free: 3n });
    expect(clock.pending).toBe(0);
  });
});

describe("prefixes", () => {
  it("come and go, but not while they are in use", () => {
    const { ipam } = pool(["10.0.0.0/24"]);
    for (let index = 0; index < 7; index++) ipam.allocate(`pod-${String(index)}`, [4]);
    expect(() => ipam.removePrefix(parsePrefix("10.0.0.0/24"))).toThrow(
      "remove prefix 10.0.0.0/24: 7 of its addresses are in use, by pod-0, pod-1, pod-2, pod-3, pod-4 and 2 more",
    );
    expect(() => ipam.addPrefix(parsePrefix("10.0.0.0/16"))).toThrow(
      "add prefix 10.0.0.0/16: pool default has 10.0.0.0/24, which overlaps it",
    );
    expect(() => ipam.removePrefix(parsePrefix("10.0.1.0/24"))).toThrow(
      "remove prefix 10.0.1.0/24: pool default has 10.0.0.0/24",
    );
    ipam.addPrefix(parsePrefix("10.0.1.0/24"));
    for (let index = 0; index < 7; index++) ipam.release(`pod-${String(index)}`);
    ipam.removePrefix(parsePrefix("10.0.0.0/24"));
    expect(ipam.allocate("pod-7", [4]).ipv4).toBe("10.0.1.1");
  });

  it("that come back remember what cools down, also as part of another prefix", () => {
    const { clock, ipam } = pool(["10.0.0.0/25"], { coolDown: 1000 });
    for (const owner of ["a", "b"]) ipam.allocate(owner, [4]);
    ipam.claim("c", ips("10.0.0.64"));
    for (const owner of ["a", "b", "c"]) ipam.release(owner);
    ipam.removePrefix(parsePrefix("10.0.0.0/25"));
    expect(ipam.usage$.value).toEqual([]);
    // In the second one, what c had is the network address.
    for (const prefix of ["10.0.0.0/26", "10.0.0.64/26"]) ipam.addPrefix(parsePrefix(prefix));
    expect(ipam.usage$.value.map(({ cooling }) => cooling)).toEqual([2, 0]);
    expect(ipam.allocate("d", [4]).ipv4).toBe("10.0.0.3");
    clock.advance(1000);
    expect(ipam.usage$.value.map(({ cooling, free }) => [cooling, free])).toEqual([
      [0, 61n],
      [0, 62n],
    ]);
    expect(ipam.allocate("e", [4]).ipv4).toBe("10.0.0.1");
  });

  it.each([
    ["10.0.0.0/24", 254n],
    ["10.0.0.0/30", 2n],
    ["10.0.0.0/31", 2n],
    ["10.0.0.0/32", 1n],
    ["fd00::/64", 2n ** 64n - 1n],
    ["fd00::/126", 3n],
    ["fd00::/127", 2n],
    ["fd00::/128", 1n],
  ])("%s has room for %d", (prefix, capacity) => {
    expect(pool([prefix]).ipam.usage$.value).toMatchObject([{ prefix, capacity, free: capacity }]);
  });

  it("count what is reserved once, however often it is named, and wherever it ends", () => {
    const { ipam } = pool(["10.0.0.0/24", "fd00::/64"], {
      reserved: [
        { first: parseIp("9.255.255.255"), last: parseIp("10.0.0.9") },
        { first: parseIp("10.0.0.5"), last: parseIp("10.0.0.19") },
        parseIp("10.0.0.20"),
        { first: parseIp("fd00::2:0:0"), last: parseIp("fd00:0:0:0:ffff:ffff:ffff:ffff") },
      ],
    });
    expect(ipam.usage$.value.map(({ capacity }) => capacity)).toEqual([234n, 2n ** 33n - 1n]);
    expect(ipam.allocate("a", [4]).ipv4).toBe("10.0.0.21");
  });

  it.each([[["10.0.0.9", "10.0.0.8"]], [["10.0.0.9", "fd00::1"]]])(
    "are not reserved from %j",
    ([first = "", last = ""]) => {
      const range = { first: parseIp(first), last: parseIp(last) };
      expect(() => pool([], { reserved: [range] })).toThrow(
        `reserve ${first} to ${last}: the first address is not before the last one of the same family`,
      );
    },
  );

  it("are not given twice, and a cool-down is a duration", () => {
    expect(() => pool(["10.0.0.0/24", "10.0.0.128/25"])).toThrow(/overlaps it/);
    expect(() => pool([], { coolDown: Number.NaN })).toThrow(
      "create pool default: coolDown is NaN, not 0 or more milliseconds",
    );
  });
});

describe("streams", () => {
  it("that nobody asked for before have it all", () => {
    const { ipam } = pool(["10.0.0.0/24"]);
    for (const owner of ["a", "b"]) ipam.allocate(owner, [4]);
    ipam.release("a");
    const held = ipam.allocations;
    expect([held.name, held.synced, held.size]).toEqual(["allocations of default", true, 1]);
    expect(held.get("b")?.ipv4).toBe("10.0.0.2");
  });

  it("tell who has what, and how much is in use", () => {
    const { ipam } = pool(["10.0.0.0/24"]);
    const seen: string[] = [];
    ipam.allocations.changes$.subscribe((change) => seen.push(change.kind));
    const used: (number | undefined)[] = [];
    ipam.usage$.subscribe(([usage]) => used.push(usage?.used));
    ipam.allocate("a", [4]);
    ipam.allocate("a", [4]);
    ipam.release("a");
    expect(seen).toEqual(["synced", "upsert", "delete"]);
    expect(used).toEqual([0, 1, 0]);
  });
});

it("a hundred thousand addresses of an IPv6 /64 and an IPv4 /8 cost what a hundred thousand cost", () => {
  const ipam = createIpam(
    { clock: systemClock },
    { prefixes: [parsePrefix("fd00::/64"), parsePrefix("10.0.0.0/8")] },
  );
  for (let index = 0; index < 100_000; index++) ipam.allocate(`pod-${String(index)}`, [4, 6]);
  expect(ipam.allocations.get("pod-99999")?.addresses).toEqual(["10.1.134.160", "fd00::1:86a0"]);
  expect(ipam.usage$.value.map(({ used }) => used)).toEqual([100_000, 100_000]);
});
