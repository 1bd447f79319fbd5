import type { Change } from "@heddle/contracts";
import type { Subscriber } from "rxjs";
import type { ContentSnapshot } from "./content.ts";
import { HashTrie } from "./hash-trie.ts";
import { hold } from "./publication.ts";
import type { Key } from "./snapshot.ts";

/**
 * Milliseconds of a turn of the event loop that a replay takes before other work gets its own. No more of it, so that
 * a reconciler at the other end keeps up: what waits for it is memory, up to 200 bytes a key.
 */
const turnLength = 1;

/** Keys told as one wave, between two looks at the clock. */
const keysPerWave = 64;

/** What a replay needs until it has ended; let go of then, as it is as large as the table. */
interface Remainder<K extends Key, V> {
  readonly content: ContentSnapshot<K, V>;
  readonly entries: Iterator<readonly [K, V]>;
  /** Keys that have changed since it began. */
  readonly changed: HashTrie<K, true>;
}

/**
 * Tells a subscriber what a table held when it began, in parts, and what changes meanwhile as it does.
 *
 * A key that has changed is told by its change, and left out of the replay from then on.
 */
export class GradualReplay<K extends Key, V> {
  readonly #subscriber: Subscriber<Change<K, V>>;
  #remainder: Remainder<K, V> | undefined;
  #synced: boolean;
  #turn: NodeJS.Immediate | undefined;

  constructor(
    subscriber: Subscriber<Change<K, V>>,
    content: ContentSnapshot<K, V>,
    synced: boolean,
  ) {
    this.#subscriber = subscriber;
    this.#remainder = { content, entries: content.entries(), changed: new HashTrie() };
    this.#synced = synced;
  }

  /** Tells the first part at once. Gives what ends it. */
  begin(): () => void {
    this.#wave();
    this.#plan();
    return () => {
      clearImmediate(this.#turn);
      this.#remainder = undefined;
    };
  }

  /** What changes in the table. */
  next(change: Change<K, V>): void {
    const remainder = this.#remainder;
    if (remainder === undefined) {
      this.#subscriber.next(change);
    } else if (change.kind === "synced") {
      this.#synced = true;
    } else {
      if (change.kind === "delete") this.#introduce(change.key, remainder);
      remainder.changed.set(change.key, true);
      this.#subscriber.next(change);
    }
  }

  /** Makes sure that the key was told of before it is deleted. */
  #introduce(key: K, { content, changed }: Remainder<K, V>): void {
    const entry = content.find(key);
    if (entry === undefined || changed.has(key)) return;
    this.#subscriber.next({ kind: "upsert", key, value: entry.value });
  }

  #plan(): void {
    if (this.#remainder !== undefined) this.#turn = setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const end = performance.now() + turnLength;
    while (this.#remainder !== undefined && performance.now() < end) this.#wave();
    this.#plan();
  }

  #wave(): void {
    hold(() => {
      for (let told = 0; told < keysPerWave && this.#remainder !== undefined; told++) {
        this.#tellNext(this.#remainder);
      }
    });
  }

  #tellNext({ entries, changed }: Remainder<K, V>): void {
    const step = entries.next();
    if (step.done !== true) {
      const [key, value] = step.value;
      if (!changed.has(key)) this.#subscriber.next({ kind: "upsert", key, value });
    } else {
      this.#remainder = undefined;
      if (this.#synced) this.#subscriber.next({ kind: "synced" });
    }
    if (this.#subscriber.closed) this.#remainder = undefined;
  }
}
