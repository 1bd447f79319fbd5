import type { ChangeStream } from "@heddle/contracts";
import { createTable } from "@heddle/tables";
import type { Conflict, ObjectStore, StoredObject } from "./object-store.ts";

/** An empty store in memory, for tests and for programs whose allocators share a process. */
export function createMemoryStore<V>(): ObjectStore<V> {
  return new MemoryStore<V>();
}

class MemoryStore<V> implements ObjectStore<V> {
  readonly #objects = createTable<string, StoredObject<V>>({ name: "objects" });
  #version = 0;

  constructor() {
    this.#objects.markSynced();
  }

  get changes$(): ChangeStream<string, StoredObject<V>> {
    return this.#objects.changes$;
  }

  get(name: string): Promise<StoredObject<V> | undefined> {
    return Promise.resolve(this.#objects.get(name));
  }

  list(): Promise<readonly StoredObject<V>[]> {
    return Promise.resolve(Array.from(this.#objects.entries(), ([, object]) => object));
  }

  create(name: string, value: V): Promise<StoredObject<V> | Conflict> {
    return Promise.resolve(this.#objects.has(name) ? "conflict" : this.#write(name, value));
  }

  update(name: string, version: string, value: V): Promise<StoredObject<V> | Conflict> {
    const held = this.#objects.get(name);
    return Promise.resolve(held?.version === version ? this.#write(name, value) : "conflict");
  }

  delete(name: string, version: string): Promise<"deleted" | Conflict> {
    const held = this.#objects.get(name);
    if (held !== undefined && held.version !== version) return Promise.resolve("conflict");
    this.#objects.delete(name);
    return Promise.resolve("deleted");
  }

  #write(name: string, value: V): StoredObject<V> {
    const object: StoredObject<V> = { name, version: String(++this.#version), value };
    this.#objects.upsert(name, object);
    return object;
  }
}
