import { EndpointError } from "./endpoint-error.ts";

/** Where the epochs of endpoints lie, and how they are moved on. */
export interface EpochStore {
  /** The first slot that an endpoint may have. */
  readonly firstSlot: number;
  /** The last slot. */
  readonly lastSlot: number;
  get(slot: number): number;
  set(slot: number, epoch: number): void;
}

/** Gives each endpoint a slot of its own. A slot keeps counting from one owner to the next. */
export class EpochSlots {
  readonly #store: EpochStore;
  readonly #used = new Set<number>();
  /** Where the search for a free slot goes on; a slot is reused as late as possible. */
  #next: number;

  constructor(store: EpochStore) {
    this.#store = store;
    this.#next = store.firstSlot;
  }

  /** Marks a slot as taken that an earlier process gave out. */
  restore(slot: number): void {
    this.#used.add(slot);
  }

  /** @throws {EndpointError} `too-many-endpoints` */
  take(owner: string): number {
    const { firstSlot, lastSlot } = this.#store;
    const count = lastSlot - firstSlot + 1;
    if (this.#used.size >= count) {
      throw new EndpointError({
        code: "too-many-endpoints",
        operation: "connect pod",
        subject: owner,
        reason: `the node has ${String(count)} pods already`,
        hint: "raise the datapath's maxEndpoints",
      });
    }
    while (this.#used.has(this.#next)) this.#advance();
    const slot = this.#next;
    this.#used.add(slot);
    this.#advance();
    return slot;
  }

  /** Frees the slot, whose epoch has moved on before. */
  release(slot: number): void {
    this.#used.delete(slot);
  }

  current(slot: number): number {
    return this.#store.get(slot);
  }

  /** The epoch after the current one; it wraps around. */
  following(slot: number): number {
    return (this.#store.get(slot) + 1) >>> 0;
  }

  move(slot: number, epoch: number): void {
    this.#store.set(slot, epoch);
  }

  #advance(): void {
    const { firstSlot, lastSlot } = this.#store;
    this.#next = this.#next === lastSlot ? firstSlot : this.#next + 1;
  }
}
