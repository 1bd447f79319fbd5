import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, parseIp, parsePrefix, systemClock } from "@heddle/contracts";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFileStore } from "../store/file-store.ts";
import {
  blockName,
  createMemoryStore,
  createSharedPool,
  decodeNodeBlock,
  decodeSharedConfig,
  type NodeBlock,
  type SharedConfig,
  type SharedPool,
  type SharedPoolOptions,
} from "../index.ts";

const cluster = (text: string, nodeLength: number) => ({ prefix: parsePrefix(text), nodeLength });
const prefixes = [cluster("10.0.0.0/22", 24), cluster("fd00::/63", 64)];

function stores() {
  return { blocks: createMemoryStore<NodeBlock>(), configs: createMemoryStore<SharedConfig>() };
}

/** An allocator of its own over the stores. */
async function open(
  over: ReturnType<typeof stores>,
  options: SharedPoolOptions = {},
): Promise<SharedPool> {
  const pool = createSharedPool(
    { ...over, clock: systemClock },
    { prefixes, strategy: "first-free", ...options },
  );
  await pool.start();
  onTestFinished(() => pool.close());
  return pool;
}

describe("a shared pool", () => {
  it("gives every node its own, whichever allocator is asked", async () => {
    const over = stores();
    const [one, other] = [await open(over), await open(over)];
    expect(await one.acquire("n1", [4, 6])).toEqual(["10.0.0.0/24", "fd00::/64"]);
    expect(await other.acquire("n2", [4])).toEqual(["10.0.1.0/24"]);
    expect(await one.acquire("n1", [4])).toEqual(["10.0.2.0/24"]);
    expect(await other.held("n1")).toEqual(["10.0.0.0/24", "10.0.2.0/24", "fd00::/64"]);
    expect(one.usage$.value).toMatchObject([
      { capacity: 4n, used: 3, free: 1n, nodes: 2 },
      { capacity: 2n, used: 1, nodes: 1 },
    ]);
    expect(other.nodes()).toEqual(["n1", "n2"]);
    await expect(one.acquire("n1", [])).rejects.toThrow(/no address family was asked for/);
  });

  it("gives nothing when one of the families has nothing left, and what comes back", async () => {
    const over = stores();
    const [one, other] = [await open(over), await open(over)];
    for (const node of ["n1", "n2"]) await one.acquire(node, [6]); // oxlint-disable-line no-await-in-loop
    await expect(other.acquire("n3", [4, 6])).rejects.toThrow(
      "allocate IPv6 prefix for node n3: cluster pool cluster is exhausted: fd00::/63 has 2 of 2 prefixes of length 64 in use by 2 nodes",
    );
    expect((await over.blocks.list()).length).toBe(2);
    expect(await other.release("n3", parsePrefix("fd00::/64"))).toBe(false);
    expect(await other.release("n1", parsePrefix("fd00::/64"))).toBe(true);
    expect(await one.acquire("n3", [4, 6])).toEqual(["10.0.0.0/24", "fd00::/64"]);
    expect(await other.releaseNode("n3")).toEqual(["10.0.0.0/24", "fd00::/64"]);
    expect(await one.held("n3")).toEqual([]);
  });

  it("restores what nodes use, and names both nodes of a conflict", async () => {
    const over = stores();
    const [one, other] = [await open(over), await open(over)];
    await one.claim("n1", ["10.0.1.0/24", "fd00::/64"].map(parsePrefix));
    await other.claim("n1", [parsePrefix("10.0.1.0/24")]);
    await expect(
      other.claim("n2", ["10.0.3.0/24", "10.0.1.0/24"].map(parsePrefix)),
    ).rejects.toThrow("claim 10.0.1.0/24 for node n2: node n1 has it (make n2 or n1 give it up)");
    expect(await other.held("n2")).toEqual([]);
    await expect(one.claim("n2", [parsePrefix("10.9.0.0/24")])).rejects.toThrow(
      /outside of cluster pool cluster, which has 10\.0\.0\.0\/22/,
    );
    await one.drainPrefix(parsePrefix("10.0.0.0/22"));
    await other.claim("n2", [parsePrefix("10.0.3.0/24")]);
    expect(await one.held("n2")).toEqual(["10.0.3.0/24"]);
  });

  it("grows and shrinks for all allocators", async () => {
    const over = stores();
    const [one, other] = [await open(over), await open(over, { prefixes: [] })];
    const added = cluster("10.1.0.0/24", 24);
    await one.addPrefix(added);
    await other.drainPrefix(parsePrefix("10.0.0.0/22"));
    expect(await other.acquire("n1", [4])).toEqual(["10.1.0.0/24"]);
    await expect(one.acquire("n2", [4])).rejects.toThrow(/10\.1\.0\.0\/24 has 1 of 1/);
    await expect(one.addPrefix(cluster("10.1.0.0/16", 24))).rejects.toThrow(
      "add cluster prefix 10.1.0.0/16: cluster pool cluster has 10.1.0.0/24, which overlaps it",
    );
    await expect(one.addPrefix(cluster("10.2.0.0/16", 31))).rejects.toThrow(/is 31, not one from/);
    await expect(one.removePrefix(added.prefix)).rejects.toThrow(
      "remove cluster prefix 10.1.0.0/24: 1 node prefixes of it are in use, by n1",
    );
    await expect(one.removePrefix(parsePrefix("10.7.0.0/24"))).rejects.toThrow(
      "remove cluster prefix 10.7.0.0/24: cluster pool cluster has 10.0.0.0/22, fd00::/63, 10.1.0.0/24",
    );
    await other.removePrefix(parsePrefix("10.0.0.0/22"));
    await other.addPrefix(cluster("10.0.0.0/22", 26));
    expect(await one.acquire("n2", [4])).toEqual(["10.0.0.0/26"]);
    expect(one.usage$.value.map(({ prefix }) => prefix)).toEqual([
      "fd00::/63",
      "10.1.0.0/24",
      "10.0.0.0/22",
    ]);
  });

  it("leaves excluded addresses alone, and says of objects with odd names", async () => {
    const over = stores();
    const told: unknown[] = [];
    const logger = createLogger(({ message, fields }) => told.push([message, fields["name"]]));
    const odd = { prefix: parsePrefix("10.0.2.0/24"), node: "n9", confirmed: true };
    await over.blocks.create("mine", odd);
    const pool = createSharedPool(
      { ...over, clock: systemClock, logger },
      { prefixes, excluded: [parseIp("10.0.0.9")], strategy: "first-free" },
    );
    await pool.start();
    onTestFinished(() => pool.close());
    expect(told).toEqual([["object of a node prefix has an odd name", "mine"]]);
    expect(await pool.acquire("n1", [4])).toEqual(["10.0.1.0/24"]);
  });

  it("is empty where the store says nothing any more", async () => {
    const over = stores();
    const pool = await open(over);
    const config = await over.configs.get("cluster");
    await over.configs.delete("cluster", config?.version ?? "");
    await expect(pool.acquire("n1", [4])).rejects.toThrow(
      "find cluster pool cluster: the store has no configuration of this name",
    );
    expect(await over.blocks.list()).toEqual([]);
  });

  it("works over files as well, for many at the same time", async () => {
    const folder = await mkdtemp(join(tmpdir(), "heddle-shared-pool-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const over = () => ({
      blocks: createFileStore(
        { clock: systemClock, decode: decodeNodeBlock },
        { folder: join(folder, "blocks") },
      ),
      configs: createFileStore(
        { clock: systemClock, decode: decodeSharedConfig },
        { folder: join(folder, "configs") },
      ),
    });
    const excluded = [parseIp("10.0.0.1"), { first: parseIp("fd00::"), last: parseIp("fd00::1") }];
    const many = [cluster("10.0.0.0/24", 28), cluster("fd00::/63", 64)];
    const pools = await Promise.all(
      [1, 2, 3].map(() => open(over(), { prefixes: many, excluded, strategy: "random" })),
    );
    const got = await Promise.all(
      pools.map((pool, index) => pool.acquire(`n${String(index)}`, [4])),
    );
    expect(new Set(got.flat()).size).toBe(3);
    const later = await open(over(), { prefixes: [] });
    expect(await Promise.all(got.map((_, index) => later.held(`n${String(index)}`)))).toEqual(got);
    expect(later.usage$.value).toMatchObject([
      { capacity: 15n, used: 3, nodes: 3 },
      { capacity: 1n, used: 0 },
    ]);
  });
});

describe("records", () => {
  it.each([
    ["10.0.1.0/24", "ipv4-10.0.1.0-24"],
    ["fd00::/64", "ipv6-fd00---64"],
    ["::ffff:1.2.3.0/120", "ipv6---ffff-1.2.3.0-120"],
  ])("of %s are called %s", (prefix, name) => {
    expect(blockName(parsePrefix(prefix))).toBe(name);
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
  });

  it.each([
    [{}, "node is not a name"],
    [{ node: "n1", prefix: "10.0.0.0/24" }, "confirmed is neither true nor false"],
    [{ node: "n1", confirmed: true }, "prefix is not a text"],
    [{ node: "n1", confirmed: true, prefix: "10.0.0.1/24" }, "host bits are set"],
  ])("of node prefixes are not %j", (json, reason) => {
    expect(() => decodeNodeBlock(json)).toThrow(reason);
  });

  it.each([
    [{}, "prefixes is not a list"],
    [{ prefixes: [] }, "excluded is not a list"],
    [{ prefixes: [{ prefix: "10.0.0.0/8" }], excluded: [] }, "nodeLength is not a number"],
    [
      { prefixes: [{ prefix: "10.0.0.0/8", nodeLength: 24 }], excluded: [] },
      "draining is neither true nor false",
    ],
    [{ prefixes: [], excluded: [7] }, "parse IPv4 address"],
  ])("of what is handed out are not %j", (json, reason) => {
    expect(() => decodeSharedConfig(json)).toThrow(reason);
  });
});
