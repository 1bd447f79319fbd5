import type { IpAddress } from "@heddle/contracts";
import {
  createCorrections,
  type DesiredSet,
  type Key,
  type ReconcileTarget,
  type StoreKeys,
} from "@heddle/tables";
import type { BpfMap } from "libbpf-napi";
import type { TunnelPeer } from "./tunnel-peers.ts";
import type { TunnelSlots } from "./tunnel-slots.ts";

/**
 * A map from addresses, or prefixes of them, to slots of tunnels. After each change the programs are told, so
 * that what they remember of the old state is not believed any more.
 */
export class TunnelTarget<K extends Key, S> implements ReconcileTarget<K, TunnelPeer> {
  readonly #map: BpfMap<S, number>;
  readonly #keys: StoreKeys<K, S>;
  readonly #slots: TunnelSlots;
  readonly #changed: () => void;
  /** Where each key leads. */
  readonly #held = new Map<K, IpAddress>();

  constructor(
    map: BpfMap<S, number>,
    keys: StoreKeys<K, S>,
    slots: TunnelSlots,
    changed: () => void,
  ) {
    this.#map = map;
    this.#keys = keys;
    this.#slots = slots;
    this.#changed = changed;
  }

  /** Takes over what an earlier process wrote. */
  async restore(): Promise<void> {
    for await (const [stored, slot] of this.#map.entries()) {
      const address = this.#slots.restore(slot);
      if (address !== undefined) this.#held.set(this.#keys.fromStore(stored), address);
    }
  }

  /** What leads there already is left alone, so that flows that were remembered stay so. */
  update(key: K, { address }: TunnelPeer): void {
    if (this.#held.get(key) !== address) this.#write(key, address);
  }

  delete(key: K): void {
    this.#map.delete(this.#keys.toStore(key));
    this.#changed();
    this.#forget(key);
  }

  async prune(desired: DesiredSet<K, TunnelPeer>): Promise<void> {
    const found = new Map<K, number>();
    for await (const [stored, slot] of this.#map.entries()) {
      found.set(this.#keys.fromStore(stored), slot);
    }
    const corrections = createCorrections("tunnels");
    const undesired = found.keys().filter((key) => !desired.has(key));
    await corrections.each(undesired, (key) => this.delete(key));
    const missing = desired.entries().filter(([key, { address }]) => {
      const isHeld = this.#held.get(key) === address;
      return !isHeld || !this.#slots.leads(found.get(key), address);
    });
    await corrections.each(missing, ([key, { address }]) => this.#write(key, address));
    corrections.end();
  }

  #write(key: K, address: IpAddress): void {
    const before = this.#held.get(key);
    const slot = this.#slots.take(address);
    try {
      this.#map.set(this.#keys.toStore(key), slot);
    } catch (error) {
      this.#slots.release(address);
      throw error;
    }
    this.#held.set(key, address);
    this.#changed();
    if (before !== undefined) this.#slots.release(before);
  }

  #forget(key: K): void {
    const address = this.#held.get(key);
    if (this.#held.delete(key) && address !== undefined) this.#slots.release(address);
  }
}
