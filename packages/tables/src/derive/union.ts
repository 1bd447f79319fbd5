import type { ChangeStream } from "@heddle/contracts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { derive, input, Unsettled } from "./derivation.ts";

/**
 * What several streams hold, as one. Where several have a key, the earliest in the list shows.
 * Synced when all are; the union of no streams is empty and synced.
 */
export function union<K extends Key, V>(
  sources: readonly ChangeStream<K, V>[],
): ChangeStream<K, V> {
  return derive((output) => {
    const items = new HashTrie<K, Item<K, V>>();
    const unsettled = new Unsettled<Item<K, V>>();
    const put = (key: K, place: number, held: Held<V> | undefined) => {
      let item = items.get(key);
      if (item === undefined) {
        item = { key, held: sources.map(() => undefined), shown: undefined, unsettled: false };
        items.set(key, item);
      }
      item.held[place] = held;
      unsettled.add(item);
    };
    const show = (item: Item<K, V>) => {
      const { key, shown } = item;
      const first = item.held.find((held) => held !== undefined);
      item.shown = first;
      if (first === undefined) items.delete(key);
      if (first === shown) return;
      if (first === undefined) output.delete(key);
      else output.upsert(key, first.value);
    };
    const inputs = sources.map((source$, place) =>
      input(source$, {
        upsert: (key, value) => put(key, place, { value }),
        delete: (key) => put(key, place, undefined),
      }),
    );
    return { inputs, settle: () => unsettled.settle(show) };
  });
}

interface Held<V> {
  readonly value: V;
}

/** What each of the streams has under a key. */
interface Item<K, V> {
  readonly key: K;
  readonly held: (Held<V> | undefined)[];
  shown: Held<V> | undefined;
  unsettled: boolean;
}
