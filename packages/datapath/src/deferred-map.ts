import type { BpfMap, MapScan, MapSpec, WriteOptions } from "libbpf-napi";

/** A map that is looked up each time, so that it can be handed out before it is there. */
export class DeferredMap<K, V> implements BpfMap<K, V> {
  readonly spec: MapSpec<K, V>;
  readonly #open: () => BpfMap<K, V>;

  /** `open` gives the map, or throws while there is none. */
  constructor(spec: MapSpec<K, V>, open: () => BpfMap<K, V>) {
    this.spec = spec;
    this.#open = open;
  }

  get name(): string {
    return this.spec.name;
  }

  get maxEntries(): number {
    return this.#open().maxEntries;
  }

  get(key: K): V | undefined {
    return this.#open().get(key);
  }

  has(key: K): boolean {
    return this.#open().has(key);
  }

  set(key: K, value: V, options?: WriteOptions): void {
    this.#open().set(key, value, options);
  }

  delete(key: K): boolean {
    return this.#open().delete(key);
  }

  take(key: K): V | undefined {
    return this.#open().take(key);
  }

  entries(): MapScan<K, V> {
    return this.#open().entries();
  }

  async setMany(entries: Iterable<readonly [key: K, value: V]>): Promise<void> {
    await this.#open().setMany(entries);
  }

  async deleteMany(keys: Iterable<K>): Promise<number> {
    return this.#open().deleteMany(keys);
  }
}
