import type { IpAddress } from "@heddle/contracts";
import type { KeyedMap } from "libbpf-napi";
import { GeneveError } from "./geneve-error.ts";
import type { TunnelPath } from "./generated/bpf.ts";

/** The first slot; 0 stands for no tunnel. */
const firstSlot = 1;

/**
 * Gives the tunnel to each address a slot in the map `tunnels`, for as long as anything refers to it. What is in a
 * slot does not change while it is referred to, since programs read it without a lock; a slot is reused as late as
 * possible.
 */
export class TunnelSlots {
  readonly #map: KeyedMap<number, TunnelPath>;
  readonly #byAddress = new Map<IpAddress, Slot>();
  readonly #bySlot = new Map<number, Slot>();
  #next = firstSlot;

  constructor(map: KeyedMap<number, TunnelPath>) {
    this.#map = map;
  }

  /** Counts a reference that an earlier process made, and gives the address that the slot leads to. */
  restore(slot: number): IpAddress | undefined {
    const held = this.#bySlot.get(slot) ?? this.#adopt(slot);
    if (held === undefined) return undefined;
    held.references++;
    return held.address;
  }

  /**
   * The slot of the tunnel to an address, with one more reference.
   *
   * @throws {GeneveError} `too-many-tunnels`
   * @throws {BpfError} what writing the map throws
   */
  take(address: IpAddress): number {
    const held = this.#byAddress.get(address) ?? this.#make(address);
    if (this.#map.get(held.number)?.peer !== address) this.#fill(held);
    held.references++;
    return held.number;
  }

  /** Takes back a reference; to be called after the programs were told. */
  release(address: IpAddress): void {
    const held = this.#byAddress.get(address);
    if (held === undefined || --held.references > 0) return;
    this.#byAddress.delete(address);
    this.#bySlot.delete(held.number);
  }

  /** Whether the slot is that of the tunnel to the address, and its content is as it should be. */
  leads(slot: number | undefined, address: IpAddress): boolean {
    const held = this.#byAddress.get(address);
    return held?.number === slot && slot !== undefined && this.#map.get(slot)?.peer === address;
  }

  #adopt(number: number): Slot | undefined {
    const address = number < firstSlot ? undefined : this.#map.get(number)?.peer;
    if (address === undefined || this.#byAddress.has(address)) return undefined;
    return this.#add({ number, address, references: 0 });
  }

  #make(address: IpAddress): Slot {
    const last = this.#map.maxEntries - 1;
    if (this.#bySlot.size >= last) throw tooMany(address, last);
    while (this.#bySlot.has(this.#next))
      this.#next = this.#next === last ? firstSlot : this.#next + 1;
    const number = this.#next;
    this.#next = number === last ? firstSlot : number + 1;
    return this.#add({ number, address, references: 0 });
  }

  #fill({ number, address }: Slot): void {
    this.#map.set(number, { peer: address, mtu: 0, expires: 0n });
  }

  #add(slot: Slot): Slot {
    this.#byAddress.set(slot.address, slot);
    this.#bySlot.set(slot.number, slot);
    return slot;
  }
}

interface Slot {
  readonly number: number;
  readonly address: IpAddress;
  references: number;
}

function tooMany(address: IpAddress, count: number): GeneveError {
  return new GeneveError({
    code: "too-many-tunnels",
    operation: "make tunnel to",
    subject: address,
    reason: `there are tunnels to ${String(count)} other nodes already`,
  });
}
