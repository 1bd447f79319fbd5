import { createManualClock, parseIp, parsePrefix } from "@heddle/contracts";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createClusterPool,
  createIpam,
  createPrefixSupply,
  type Ipam,
  type IpamOptions,
  neededAddresses,
  type PrefixSource,
  type PrefixSupply,
  type PrefixSupplyOptions,
} from "../index.ts";

it.each([
  [0, 0, 0, 0],
  [0, 0, 1, 1],
  [1, 0, 1, 2],
  [15, 0, 16, 32],
  [17, 0, 16, 48],
  [16, 0, 16, 32],
  [10, 5, 16, 32],
  [10, 7, 16, 48],
  [3, 4, 0, 7],
])("%d in use and %d pending with %d ahead need %d addresses", (inUse, pending, ahead, needed) => {
  expect(neededAddresses(inUse, pending, ahead)).toBe(needed);
});

const cluster = (text: string, nodeLength: number) => ({ prefix: parsePrefix(text), nodeLength });
/** Of 14 and 255 addresses. */
const prefixes = [cluster("10.0.0.0/26", 28), cluster("fd00::/118", 120)];

/** Lets everything that waits for nothing but its turn happen. */
async function rest(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve(); // oxlint-disable-line no-await-in-loop
}

interface Node {
  readonly ipam: Ipam;
  readonly supply: PrefixSupply;
  /** What was asked of the source. */
  readonly requests: string[];
  /** While set, the source fails with it. */
  failure: Error | undefined;
  readonly clock: ReturnType<typeof createManualClock>;
  held(): readonly string[];
  fill(count: number, from?: number): void;
}

function watched(source: PrefixSource, node: { failure: Error | undefined }, log: string[]) {
  const ask = <T>(what: string, request: () => Promise<T>): Promise<T> => {
    log.push(what);
    return node.failure === undefined ? request() : Promise.reject(node.failure);
  };
  return {
    held: () => ask("held", () => source.held()),
    acquire: (families) => ask(`acquire ${families.join()}`, () => source.acquire(families)),
    release: (prefix) => ask(`release ${prefix}`, () => source.release(prefix)),
  } satisfies PrefixSource;
}

async function start(
  options: Partial<PrefixSupplyOptions> = {},
  pool = createClusterPool({}, { prefixes }),
  ipamOptions: Partial<IpamOptions> = {},
): Promise<Node> {
  const clock = createManualClock();
  const ipam = createIpam({ clock }, { prefixes: [], ...ipamOptions });
  const source: PrefixSource = {
    held: () => Promise.resolve(pool.prefixesOf("n1")),
    acquire: async (families) => {
      await Promise.resolve();
      return pool.allocate("n1", families);
    },
    release: (prefix) => Promise.resolve(pool.release("n1", prefix)),
  };
  const requests: string[] = [];
  const fault: { failure: Error | undefined } = { failure: undefined };
  const supply = createPrefixSupply(
    { ipam, source: watched(source, fault, requests), clock, random: () => 0 },
    { families: [4, 6], preAllocate: 4, releaseAfter: 1000, ...options },
  );
  await supply.start();
  await rest();
  onTestFinished(() => supply.close());
  return {
    ipam,
    supply,
    requests,
    clock,
    get failure() {
      return fault.failure;
    },
    set failure(failure: Error | undefined) {
      fault.failure = failure;
    },
    held: () => ipam.usage$.value.map(({ prefix }) => prefix),
    fill(count, from = 0) {
      for (let index = from; index < from + count; index++) ipam.allocate(String(index), [4, 6]);
    },
  };
}

describe("a node's supply of prefixes", () => {
  it("has both families from the beginning, in one step", async () => {
    const node = await start();
    expect(node.held()).toEqual(["10.0.0.0/28", "fd00::/120"]);
    expect(node.requests).toEqual(["held", "acquire 4,6"]);
    expect(node.supply.health$.value).toEqual({
      level: "ok",
      message:
        "IPv4: 1 prefix with 14 addresses, 4 needed, 0 in use; IPv6: 1 prefix with 255 addresses, 4 needed, 0 in use",
    });
  });

  it("asks for more before it is needed", async () => {
    const node = await start();
    node.fill(8);
    await rest();
    expect(node.requests).toEqual(["held", "acquire 4,6"]);
    node.fill(1, 8);
    await rest();
    // 9 and 4 more, rounded up, are 16.
    expect(node.requests.slice(2)).toEqual(["acquire 4"]);
    expect(node.held()).toEqual(["10.0.0.0/28", "fd00::/120", "10.0.0.16/28"]);
  });

  it("gives back what has been empty for a while, and does not go to and fro", async () => {
    const node = await start();
    node.fill(9);
    await rest();
    const before = node.requests.length;
    for (let round = 0; round < 5; round++) {
      node.ipam.release("8");
      await rest(); // oxlint-disable-line no-await-in-loop
      node.clock.advance(5000);
      node.ipam.allocate("8", [4, 6]);
      await rest(); // oxlint-disable-line no-await-in-loop
      node.clock.advance(5000);
    }
    expect(node.requests.length).toBe(before);
    // With 5 in use it would keep 16, a step more than it needs, and one prefix has 14. With 4 it keeps 12.
    for (const owner of ["8", "7", "6", "5", "4"]) node.ipam.release(owner);
    await rest();
    node.clock.advance(999);
    await rest();
    expect(node.requests.length).toBe(before);
    node.clock.advance(1);
    await rest();
    expect(node.requests.slice(before)).toEqual(["release 10.0.0.16/28"]);
    expect(node.held()).toEqual(["10.0.0.0/28", "fd00::/120"]);
  });

  it("keeps a prefix while an address of it cools down", async () => {
    const node = await start({}, undefined, { coolDown: 3000 });
    node.fill(9);
    await rest();
    node.fill(7, 9);
    await rest();
    for (let index = 0; index < 16; index++) node.ipam.release(String(index));
    node.clock.advance(2999);
    await rest();
    expect(node.held().length).toBe(3);
    node.clock.advance(1);
    await rest();
    node.clock.advance(1000);
    await rest();
    expect(node.held().length).toBe(2);
  });

  it("lets an owner wait for a further prefix", async () => {
    const node = await start({ preAllocate: 0 });
    expect(node.held()).toEqual([]);
    const given = await Promise.all(["a", "b"].map((owner) => node.supply.allocate(owner, [4, 6])));
    expect(given.map(({ addresses }) => addresses)).toEqual([
      ["10.0.0.1", "fd00::1"],
      ["10.0.0.2", "fd00::2"],
    ]);
    expect((await node.supply.allocate("a", [4])).ipv4).toBe("10.0.0.1");
    expect(node.requests).toEqual(["held", "acquire 4,6"]);
    await expect(node.supply.allocate("c", [])).rejects.toThrow(/no address family/);
    node.ipam.release("a");
    node.ipam.release("b");
    await rest();
    node.clock.advance(1000);
    await rest();
    expect(node.held()).toEqual([]);
  });

  it("says what is exhausted, tries again later, and not with every pod meanwhile", async () => {
    const own = [cluster("10.0.0.0/24", 24), cluster("fd00::/118", 120)];
    const pool = createClusterPool({}, { prefixes: own });
    const node = await start({}, pool);
    node.fill(251);
    await rest();
    const reason =
      "allocate IPv4 prefix for node n1: cluster pool cluster is exhausted: 10.0.0.0/24 has 1 of 1 prefixes of length 24 in use by 1 nodes (add a prefix to the cluster pool, or release those of nodes that are gone)";
    expect(node.supply.health$.value).toEqual({ level: "degraded", message: reason });
    // There is more of the other family.
    expect(node.held()).toEqual(["10.0.0.0/24", "fd00::/120", "fd00::100/120"]);
    const before = node.requests.length;
    node.fill(3, 251);
    await rest();
    expect(node.requests.length).toBe(before);
    await expect(node.supply.allocate("late", [4, 6])).rejects.toThrow(reason);
    expect(node.ipam.allocations.has("late")).toBe(false);
    pool.addPrefix(cluster("10.1.0.0/24", 24));
    node.clock.advance(60_000);
    await rest();
    expect(node.supply.health$.value.level).toBe("ok");
    expect((await node.supply.allocate("late", [4, 6])).ipv4).toBe("10.1.0.1");
  });

  it("goes on after a failure with what it finds that it has", async () => {
    const pool = createClusterPool({}, { prefixes });
    const node = await start({ preAllocate: 0 }, pool);
    node.failure = new Error("store is away");
    const waiting = node.supply.allocate("a", [4]);
    await rest();
    expect(node.supply.health$.value).toEqual({ level: "degraded", message: "store is away" });
    // The request had come through, only the answer did not.
    pool.allocate("n1", [4]);
    node.failure = undefined;
    node.clock.advance(1000);
    expect((await waiting).ipv4).toBe("10.0.0.1");
    expect(node.requests).toEqual(["held", "acquire 4", "held"]);
  });

  it("adds at a start what the node has, and drains what it has no more", async () => {
    const pool = createClusterPool({}, { prefixes });
    pool.claim("n1", ["10.0.0.32/28", "fd00::100/120"].map(parsePrefix));
    const node = await start({}, pool);
    expect(node.held()).toEqual(["10.0.0.32/28", "fd00::100/120"]);
    node.ipam.claim("pod", ["10.0.0.33", "fd00::101"].map(parseIp));
    pool.release("n1", parsePrefix("10.0.0.32/28"));
    node.failure = new Error("store is away");
    node.fill(9);
    await rest();
    node.failure = undefined;
    node.clock.advance(1000);
    await rest();
    expect(node.ipam.usage$.value.filter(({ draining }) => draining)).toMatchObject([
      { prefix: "10.0.0.32/28", used: 10 },
    ]);
    expect(node.ipam.allocations.get("pod")?.ipv4).toBe("10.0.0.33");
  });

  it("is closed for those who wait, and for those who come later", async () => {
    const node = await start({ preAllocate: 0 });
    node.failure = new Error("store is away");
    const waiting = node.supply.allocate("a", [4]);
    const message = "allocate addresses for a: the supply of prefixes is closed";
    await Promise.all([
      expect(waiting).rejects.toThrow(message),
      rest().then(() => node.supply.close()),
    ]);
    await expect(node.supply.allocate("b", [4])).rejects.toThrow(/is closed/);
    expect(node.clock.pending).toBe(0);
  });

  it.each([
    [{ preAllocate: 1.5 }, "supply prefixes with preAllocate: it is 1.5"],
    [{ preAllocate: -1 }, "it is -1, not a number from 0 on"],
    [{ releaseAfter: Number.NaN }, "supply prefixes with releaseAfter: it is NaN"],
  ])("does not start with %j", async (options, message) => {
    await expect(start(options)).rejects.toThrow(message);
  });
});
