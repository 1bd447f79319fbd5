import { type Change, type Clock, type Logger, toError } from "@heddle/contracts";
import type { Subscriber } from "rxjs";
import type { StoredObject } from "./object-store.ts";
import type { RevisionFolder } from "./revision-folder.ts";

export interface FileChangesDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds. */
  readonly pollInterval: number;
}

/** Someone who watches, and the objects that he was told of. */
interface Follower<V> {
  readonly subscriber: Subscriber<Change<string, StoredObject<V>>>;
  told: ReadonlyMap<string, StoredObject<V>> | undefined;
}

/** Tells what changes in a folder. While somebody watches it is looked at now and then. */
export class FileChanges<V> {
  readonly #folder: RevisionFolder<V>;
  readonly #deps: FileChangesDeps;
  readonly #followers = new Set<Follower<V>>();
  #timer: Disposable | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(folder: RevisionFolder<V>, deps: FileChangesDeps) {
    this.#folder = folder;
    this.#deps = deps;
  }

  follow(subscriber: Subscriber<Change<string, StoredObject<V>>>): () => void {
    const follower: Follower<V> = { subscriber, told: undefined };
    this.#followers.add(follower);
    void this.look();
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#timer?.[Symbol.dispose]();
    };
  }

  /** Tells everybody of what has changed since he was told last: one look after the other, so that none goes back. */
  look(): Promise<void> {
    this.#last = this.#last.then(() => this.#lookNow());
    return this.#last;
  }

  async #lookNow(): Promise<void> {
    if (this.#followers.size === 0) return;
    try {
      const { objects } = await this.#folder.read();
      for (const follower of this.#followers) tell(follower, objects);
    } catch (error) {
      this.#deps.logger.error("store cannot be watched", { error: toError(error).message });
    }
    this.#timer?.[Symbol.dispose]();
    if (this.#followers.size === 0) return;
    this.#timer = this.#deps.clock.schedule(this.#deps.pollInterval, () => void this.look());
  }
}

function tell<V>(follower: Follower<V>, objects: ReadonlyMap<string, StoredObject<V>>): void {
  const { subscriber, told } = follower;
  if (told === objects) return;
  follower.told = objects;
  for (const [key, value] of objects) {
    if (told?.get(key)?.version !== value.version) subscriber.next({ kind: "upsert", key, value });
  }
  for (const key of told?.keys() ?? []) {
    if (!objects.has(key)) subscriber.next({ kind: "delete", key });
  }
  if (told === undefined) subscriber.next({ kind: "synced" });
}
