import type { Change } from "@heddle/contracts";
import type { Subscriber } from "rxjs";
import type { ContentSnapshot } from "./content.ts";
import { HashTrie } from "./hash-trie.ts";
import { hold } from "./publication.ts";
import type { Key } from "./snapshot.ts";

/** Milliseconds of a turn of the event loop that a replay takes before other work gets its own. */
const turnLength = 4;

/** Keys told as one wave, between two looks at the clock. */
const keysPerWave = 64;

/**
 * Tells a subscriber what a table held when it began, in parts, and what changes meanwhile as it does.
 *
 * A key that has changed is told by its change, and left out of the replay from then on.
 */
export class GradualReplay<K extends Key, V> {
  readonly #subscriber: Subscriber<Change<K, V>>;
  readonly #content: ContentSnapshot<K, V>;
  readonly #entries: Iterator<readonly [K, V]>;
  /** Keys that have changed since it began. */
  #changed: HashTrie<K, true> | undefined = new HashTrie();
  #synced: boolean;
  #turn: NodeJS.Immediate | undefined;

  constructor(
    subscriber: Subscriber<Change<K, V>>,
    content: ContentSnapshot<K, V>,
    synced: boolean,
  ) {
    this.#subscriber = subscriber;
    this.#content = content;
    this.#entries = content.entries();
    this.#synced = synced;
  }

  /** Tells the first part at once. Gives what ends it. */
  begin(): () => void {
    this.#wave();
    this.#plan();
    return () => clearImmediate(this.#turn);
  }

  /** What changes in the table. */
  next(change: Change<K, V>): void {
    if (this.#changed === undefined) {
      this.#subscriber.next(change);
    } else if (change.kind === "synced") {
      this.#synced = true;
    } else {
      if (change.kind === "delete") this.#introduce(change.key);
      this.#changed.set(change.key, true);
      this.#subscriber.next(change);
    }
  }

  /** Makes sure that the key was told of before it is deleted. */
  #introduce(key: K): void {
    const entry = this.#content.find(key);
    if (entry === undefined || this.#changed?.has(key) === true) return;
    this.#subscriber.next({ kind: "upsert", key, value: entry.value });
  }

  #plan(): void {
    if (this.#changed !== undefined) this.#turn = setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const end = performance.now() + turnLength;
    while (this.#changed !== undefined && performance.now() < end) this.#wave();
    this.#plan();
  }

  #wave(): void {
    hold(() => {
      for (let told = 0; told < keysPerWave; told++) {
        if (this.#subscriber.closed) {
          this.#changed = undefined;
          return;
        }
        const step = this.#entries.next();
        if (step.done === true) {
          this.#end();
          return;
        }
        const [key, value] = step.value;
        if (this.#changed?.has(key) !== true) this.#subscriber.next({ kind: "upsert", key, value });
      }
    });
  }

  #end(): void {
    this.#changed = undefined;
    if (this.#synced) this.#subscriber.next({ kind: "synced" });
  }
}
