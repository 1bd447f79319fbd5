import type { ChangeStream } from "@heddle/contracts";
import { HashTrie } from "../hash-trie.ts";
import type { Key } from "../snapshot.ts";
import { derive, input } from "./derivation.ts";

/**
 * What several streams hold, as one. Where several have a key, the earliest in the list shows.
 * Synced when all are; the union of no streams is empty and synced.
 */
export function union<K extends Key, V>(
  sources: readonly ChangeStream<K, V>[],
): ChangeStream<K, V> {
  return derive((output) => {
    const contents = sources.map(() => new HashTrie<K, V>());
    /** The place in the list of the stream that shows `key`; -1 when none has it. */
    const shown = (key: K) => contents.findIndex((content) => content.has(key));
    return sources.map((source$, place) =>
      input(source$, {
        upsert: (key, value) => {
          contents[place]?.set(key, value);
          if (shown(key) === place) output.upsert(key, value);
        },
        delete: (key) => {
          const wasShown = shown(key) === place;
          contents[place]?.delete(key);
          if (!wasShown) return;
          const next = contents[shown(key)]?.find(key);
          if (next === undefined) output.delete(key);
          else output.upsert(key, next.value);
        },
      }),
    );
  });
}
