/**
 * What every {@link ObjectStore} must do: cases for whoever writes another one. Any test runner can run them:
 *
 * ```ts
 * for (const { name, run } of storeContract) it(name, () => run(openTwice));
 * ```
 *
 * @module
 */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import type { Change } from "@heddle/contracts";
import type { ObjectStore, StoredObject } from "./object-store.ts";

/** Opens an empty store of texts twice, as two programs would. */
export type StoreFactory = () =>
  | readonly [ObjectStore<string>, ObjectStore<string>]
  | Promise<readonly [ObjectStore<string>, ObjectStore<string>]>;

/** One thing that a store must do; `run` rejects when it does not. */
export interface StoreCase {
  readonly name: string;
  readonly run: (open: StoreFactory) => Promise<void>;
}

type Store = ObjectStore<string>;

async function make(store: Store, name: string, value: string): Promise<StoredObject<string>> {
  const made = await store.create(name, value);
  if (made === "conflict") throw new Error(`there is an object ${name} in the empty store`);
  return made;
}

/** Adds one to a number until nobody was quicker. */
async function increase(store: Store, name: string): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
    const held = await store.get(name);
    if (held === undefined) throw new Error(`${name} is gone`);
    const next = String(Number(held.value) + 1);
    // oxlint-disable-next-line no-await-in-loop
    if ((await store.update(name, held.version, next)) !== "conflict") return;
  }
}

/** Resolves with what came before a change that `ends` is true for, and that one. */
function changesUntil(
  store: Store,
  ends: (change: Change<string, StoredObject<string>>) => boolean,
): Promise<readonly Change<string, StoredObject<string>>[]> {
  const { promise, resolve } =
    Promise.withResolvers<readonly Change<string, StoredObject<string>>[]>();
  const seen: Change<string, StoredObject<string>>[] = [];
  const subscription = store.changes$.subscribe((change) => {
    seen.push(change);
    if (ends(change)) resolve(seen);
  });
  return promise.finally(() => subscription.unsubscribe());
}

export const storeContract: readonly StoreCase[] = [
  {
    name: "gives back what was created, to whoever opened it",
    async run(open) {
      const [store, other] = await open();
      equal(await store.get("a"), undefined);
      deepEqual(await store.list(), []);
      const made = await make(store, "a", "1");
      deepEqual([made.name, made.value], ["a", "1"]);
      deepEqual(await store.get("a"), made);
      deepEqual(await other.get("a"), made);
      deepEqual(await other.list(), [made]);
    },
  },
  {
    name: "creates an object once",
    async run(open) {
      const [store, other] = await open();
      await make(store, "a", "1");
      equal(await store.create("a", "2"), "conflict");
      equal(await other.create("a", "2"), "conflict");
      equal((await store.get("a"))?.value, "1");
    },
  },
  {
    name: "updates only what the writer has seen",
    async run(open) {
      const [store, other] = await open();
      const first = await make(store, "a", "1");
      const second = await other.update("a", first.version, "2");
      if (second === "conflict") throw new Error("the version was the latest one");
      notEqual(second.version, first.version);
      equal(await store.update("a", first.version, "3"), "conflict");
      equal(await store.update("b", first.version, "3"), "conflict");
      deepEqual(await store.list(), [second]);
    },
  },
  {
    name: "deletes only what the writer has seen, and what is gone",
    async run(open) {
      const [store, other] = await open();
      const first = await make(store, "a", "1");
      const second = await store.update("a", first.version, "2");
      if (second === "conflict") throw new Error("the version was the latest one");
      equal(await other.delete("a", first.version), "conflict");
      equal((await store.get("a"))?.value, "2");
      equal(await other.delete("a", second.version), "deleted");
      equal(await store.delete("a", second.version), "deleted");
      equal(await store.get("a"), undefined);
    },
  },
  {
    name: "tells an object from the one of the same name before it",
    async run(open) {
      const [store, other] = await open();
      const first = await make(store, "a", "1");
      await store.delete("a", first.version);
      const second = await make(other, "a", "1");
      notEqual(second.version, first.version);
      equal(await store.update("a", first.version, "2"), "conflict");
      equal(await store.delete("a", first.version), "conflict");
      deepEqual(await store.list(), [second]);
    },
  },
  {
    name: "lets one of many who create the same object win",
    async run(open) {
      const stores = await open();
      const attempts = Array.from({ length: 10 }, (_, index) => {
        const store = stores[index % 2 === 0 ? 0 : 1];
        return store.create("a", String(index));
      });
      const made = (await Promise.all(attempts)).filter((result) => result !== "conflict");
      equal(made.length, 1);
      deepEqual(await stores[0].list(), made);
    },
  },
  {
    name: "loses no update of many at the same time",
    async run(open) {
      const stores = await open();
      await make(stores[0], "a", "0");
      await Promise.all(
        Array.from({ length: 10 }, (_, index) => increase(stores[index % 2 === 0 ? 0 : 1], "a")),
      );
      equal((await stores[1].get("a"))?.value, "10");
    },
  },
  {
    name: "tells what is there, and then what changes, whoever changes it",
    async run(open) {
      const [store, other] = await open();
      const a = await make(store, "a", "1");
      const early = await changesUntil(other, ({ kind }) => kind === "synced");
      deepEqual(early, [{ kind: "upsert", key: "a", value: a }, { kind: "synced" }]);
      const seen = changesUntil(other, ({ kind }) => kind === "delete");
      const b = await make(store, "b", "1");
      await other.delete("a", a.version);
      const changes = await seen;
      deepEqual(changes.slice(0, 2), early);
      deepEqual(changes.at(-1), { kind: "delete", key: "a" });
      deepEqual(
        changes.slice(2, -1).filter(({ kind }) => kind === "upsert"),
        [{ kind: "upsert", key: "b", value: b }],
      );
    },
  },
];
