import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attempt } from "./failure.ts";
import {
  createIndex,
  createTable,
  createUniqueIndex,
  isFailure,
  join,
  type Key,
  type MutableTable,
  type Snapshot,
  type Table,
  transaction,
} from "./index.ts";

interface Pod {
  readonly node: string;
  readonly addresses: readonly string[];
}

function pod(node: string, ...addresses: string[]): Pod {
  return { node, addresses };
}

function addressesOf({ addresses }: Pod): readonly string[] {
  if (addresses.includes("bad")) throw new RangeError("no address");
  return addresses;
}

const podKeys = fc.constantFrom("a", "b", "c", "d");
const addressLists = fc.array(fc.constantFrom("1", "2", "3", "bad"), { maxLength: 3 });
const write = fc.record({ key: podKeys, addresses: fc.option(addressLists) });
const step = fc.record({
  writes: fc.array(write, { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom("plain", "transaction", "failing"),
});

/** What an index comes to, from scratch. */
function fromScratch(pods: Table<string, Pod>): Map<string, Map<string, Pod>> {
  const groups = new Map<string, Map<string, Pod>>();
  for (const [key, value] of pods.entries()) {
    if (value.addresses.includes("bad")) continue;
    for (const address of value.addresses) {
      groups.set(address, (groups.get(address) ?? new Map()).set(key, value));
    }
  }
  return groups;
}

function plain<I extends Key>(groups: Snapshot<I, Snapshot<string, Pod>>): Map<I, unknown> {
  return new Map(groups.entries().map(([name, members]) => [name, new Map(members.entries())]));
}

/** What a subscriber makes of the changes of a table. */
function follow<K extends Key, V>(table: Table<K, V>): Map<K, V> {
  const held = new Map<K, V>();
  table.changes$.subscribe((change) => {
    if (change.kind === "upsert") held.set(change.key, change.value);
    else if (change.kind === "delete") held.delete(change.key);
  });
  return held;
}

function apply(pods: MutableTable<string, Pod>, one: { key: string; addresses: string[] | null }) {
  if (one.addresses === null) pods.delete(one.key);
  else pods.upsert(one.key, pod("n", ...one.addresses));
}

describe("an index", () => {
  it("is after each write what it would be from scratch, in and after transactions too", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(5), (steps, late) => {
        const pods = createTable<string, Pod>({ name: "pods" });
        const options = { name: "pods by address", keysOf: addressesOf };
        const early = createIndex(pods, options);
        const unique = createUniqueIndex(pods, options);
        const [followed, followedUnique] = [follow(early), follow(unique)];
        const expectRight = () => {
          const expected = fromScratch(pods);
          const first = Array.from(expected, ([address, members]) => {
            const [key = ""] = [...members.keys()].toSorted();
            return [address, { key, value: members.get(key) }] as const;
          });
          expect(plain(early)).toEqual(expected);
          expect(new Map(unique.entries())).toEqual(new Map(first));
        };
        for (const [index, { writes, kind }] of steps.entries()) {
          const another = index === late ? createIndex(pods, options) : early;
          expect(plain(another)).toEqual(plain(early));
          const run = () => {
            for (const one of writes) {
              apply(pods, one);
              expectRight();
            }
            if (kind === "failing") throw new RangeError("on purpose");
          };
          const outcome = attempt("steps", kind === "plain" ? run : () => transaction(run));
          expect(isFailure(outcome)).toBe(kind === "failing");
          expectRight();
          expect(new Map(followed.entries())).toEqual(new Map(early.entries()));
          expect(followedUnique).toEqual(new Map(unique.entries()));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is up to date for whoever is told of a write", () => {
    const pods = createTable<string, Pod>({ name: "pods" });
    const byNode = createIndex(pods, { name: "pods by node", keysOf: ({ node }) => [node] });
    const seen: unknown[] = [];
    pods.changes$.subscribe(() => seen.push(byNode.get("n1")?.size));
    pods.upsert("a", pod("n1"));
    pods.upsert("b", pod("n1"));
    pods.delete("a");
    expect(seen).toEqual([1, 2, 1]);
  });

  it("is a table: synced with its own, joined, indexed, and its snapshots never change", () => {
    const pods = createTable<string, Pod>({ name: "pods" });
    const byNode = createIndex(pods, { name: "pods by node", keysOf: ({ node }) => [node] });
    const bySize = createIndex(byNode, { name: "nodes by size", keysOf: ({ size }) => [size] });
    const nodes = createTable<string, string>({ name: "nodes" });
    const lines: string[] = [];
    join(
      nodes.changes$,
      byNode.changes$,
      (_, node) => node,
      (name, { size }) => {
        lines.push(`${name} has ${String(size)}`);
        return size;
      },
    ).subscribe(({ kind }) => lines.push(kind));
    nodes.upsert("n1", "first");
    pods.upsert("a", pod("n1"));
    const before = byNode.snapshot();
    const members = byNode.get("n1");
    pods.upsert("b", pod("n1"));
    pods.markSynced();
    nodes.markSynced();
    expect(lines).toEqual(["first has 1", "upsert", "first has 2", "upsert", "synced"]);
    expect(Array.from(bySize.get(2)?.entries() ?? [], ([node]) => node)).toEqual(["n1"]);
    expect(bySize.synced).toBe(true);
    expect([members?.size, before.get("n1")?.size, byNode.get("n1")?.size]).toEqual([1, 1, 2]);
  });

  it("tells of an index key as of one that stays, when its only item changes", () => {
    const pods = createTable<string, Pod>({ name: "pods" });
    const byNode = createIndex(pods, { name: "pods by node", keysOf: ({ node }) => [node] });
    const kinds: string[] = [];
    byNode.changes$.subscribe(({ kind }) => kinds.push(kind));
    pods.upsert("a", pod("n1", "1"));
    pods.upsert("a", pod("n1", "2"));
    pods.upsert("a", pod("n2", "2"));
    expect(kinds).toEqual(["upsert", "upsert", "delete", "upsert"]);
  });

  it("is not made inside a transaction, and stays as it is when it is disposed", () => {
    const pods = createTable<string, Pod>({ name: "pods" });
    const options = { name: "pods by node", keysOf: ({ node }: Pod) => [node] };
    expect(() => transaction(() => createIndex(pods, options))).toThrow(
      "listen to writes of pods in a transaction: it could not be undone if the transaction failed",
    );
    const index = createUniqueIndex(pods, options);
    pods.upsert("a", pod("n1"));
    index[Symbol.dispose]();
    pods.delete("a");
    expect(index.get("n1")).toEqual({ key: "a", value: pod("n1") });
  });
});
