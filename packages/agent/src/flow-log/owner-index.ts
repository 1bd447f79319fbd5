import type { ChangeStream } from "@heddle/contracts";
import type { Subscription } from "rxjs";

/** Who has what, for one kind of owner: both ways, so that what an owner has no more is forgotten. */
export class OwnerIndex<K> {
  readonly #owners = new Map<K, string>();
  readonly #owned = new Map<string, readonly K[]>();

  ownerOf(item: K): string | undefined {
    return this.#owners.get(item);
  }

  follow<V>(
    source$: ChangeStream<string, V>,
    ownedBy: (value: V) => readonly K[],
    nameOf: (key: string) => string = (key) => key,
  ): Subscription {
    return source$.subscribe((change) => {
      if (change.kind === "synced") return;
      const owner = nameOf(change.key);
      for (const item of this.#owned.get(owner) ?? []) this.#forget(item, owner);
      const items = change.kind === "upsert" ? ownedBy(change.value) : [];
      for (const item of items) this.#owners.set(item, owner);
      if (items.length > 0) this.#owned.set(owner, items);
      else this.#owned.delete(owner);
    });
  }

  /** It may be another owner's by now. */
  #forget(item: K, owner: string): void {
    if (this.#owners.get(item) === owner) this.#owners.delete(item);
  }
}
