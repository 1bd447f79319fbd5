import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashTrie, type TrieSnapshot } from "./hash-trie.ts";
import type { Key } from "./snapshot.ts";

const keys = fc.oneof(
  fc.integer({ min: 0, max: 99 }),
  fc.string({ maxLength: 2 }),
  fc.double({ noNaN: true }).map((value) => value + 0),
);

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("set"), key: keys, value: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete"), key: keys }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("snapshot") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore"), pick: fc.nat() }) },
  ),
  { maxLength: 200 },
);

/** Hashes from good to hopeless, so that every depth of the trie and its buckets are visited. */
const hashes = fc.constantFrom<((key: Key) => number) | undefined>(
  undefined,
  (key) => (typeof key === "number" ? key & 7 : key.length),
  (key) => (typeof key === "number" ? key << 30 : -1),
  () => 0,
);

function sorted<V>(entries: Iterable<readonly [Key, V]>): (readonly [Key, V])[] {
  const name = ([key]: readonly [Key, V]) => `${typeof key} ${String(key)}`;
  return [...entries].toSorted((left, right) => (name(left) < name(right) ? -1 : 1));
}

describe("HashTrie", () => {
  it("is a Map, and its snapshots never change", () => {
    fc.assert(
      fc.property(steps, hashes, (sequence, hash) => {
        const trie = new HashTrie<Key, number>(hash);
        let model = new Map<Key, number>();
        const deletes: { real: boolean; modelled: boolean }[] = [];
        const history: { taken: TrieSnapshot<Key, number>; held: Map<Key, number> }[] = [];
        for (const step of sequence) {
          if (step.kind === "set") {
            trie.set(step.key, step.value);
            model.set(step.key, step.value);
          } else if (step.kind === "delete") {
            deletes.push({ real: trie.delete(step.key), modelled: model.delete(step.key) });
          } else if (step.kind === "snapshot") {
            history.push({ taken: trie.snapshot(), held: new Map(model) });
          } else {
            const past = history[step.pick % Math.max(1, history.length)];
            if (past !== undefined) trie.restore(past.taken);
            if (past !== undefined) model = new Map(past.held);
          }
          expect(trie.size).toBe(model.size);
        }
        for (const { real, modelled } of deletes) expect(real).toBe(modelled);
        for (const { taken, held } of [...history, { taken: trie.snapshot(), held: model }]) {
          expect(sorted(taken.entries())).toEqual(sorted(held));
          expect(taken.size).toBe(held.size);
          for (const [key, value] of held) expect(taken.get(key)).toBe(value);
        }
      }),
    );
  });

  it("tells a key that holds undefined from one that is not there", () => {
    const trie = new HashTrie<string, undefined>();
    trie.set("held", undefined);
    expect([trie.has("held"), trie.has("other")]).toEqual([true, false]);
    expect(trie.find("held")).toMatchObject({ key: "held", value: undefined });
  });

  it("spreads integers beyond 32 bits", () => {
    const trie = new HashTrie<number, number>();
    for (let index = 0; index < 20_000; index++) trie.set(index * 2 ** 32, index);
    expect(trie.size).toBe(20_000);
    expect(trie.get(19_999 * 2 ** 32)).toBe(19_999);
  });
});
