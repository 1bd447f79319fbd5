import type { InterfaceIndex, IpAddress, MacAddress } from "@heddle/contracts";
import type { KeyedMap } from "libbpf-napi";
import { EpochSlots, type EpochStore } from "./epoch-slots.ts";
import type { Endpoint } from "./generated/bpf.ts";

/** What the programs have to know of a pod. */
export interface EntryContent {
  readonly ifindex: InterfaceIndex;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly addresses: readonly IpAddress[];
}

interface Held {
  readonly slot: number;
  readonly addresses: ReadonlySet<IpAddress>;
}

/**
 * The pods in the map `endpoints`, each with an entry per address. Of what changes, the state is
 * written first and the epoch moved after, so that nothing decided from the old state survives.
 */
export class EndpointEntries {
  readonly #map: KeyedMap<IpAddress, Endpoint>;
  readonly #slots: EpochSlots;
  /** By the index of the device, which is what entries of one pod have in common. */
  readonly #held = new Map<number, Held>();

  constructor(map: KeyedMap<IpAddress, Endpoint>, epochs: EpochStore) {
    this.#map = map;
    this.#slots = new EpochSlots(epochs);
  }

  /** Takes over what an earlier process wrote. */
  async restore(): Promise<void> {
    for await (const [address, { ifindex, epochSlot }] of this.#map.entries()) {
      const addresses = new Set(this.#held.get(ifindex)?.addresses).add(address);
      this.#held.set(ifindex, { slot: epochSlot, addresses });
      this.#slots.restore(epochSlot);
    }
  }

  /** Whether a device has entries. */
  has(ifindex: number): boolean {
    return this.#held.has(ifindex);
  }

  /** The devices that have entries. */
  devices(): readonly number[] {
    return [...this.#held.keys()];
  }

  /**
   * Writes the pod's entries; nothing happens where they are as they should be. Gives the addresses that are not the
   * pod's any more.
   *
   * @throws {EndpointError} `too-many-endpoints`
   * @throws {BpfError} `map-full`
   */
  write(owner: string, content: EntryContent): readonly IpAddress[] {
    const { ifindex, mac, mtu, addresses } = content;
    const held = this.#held.get(ifindex);
    const slot = held?.slot ?? this.#slots.take(owner);
    const addressSet = new Set(addresses);
    this.#held.set(ifindex, { slot, addresses: new Set(held?.addresses).union(addressSet) });
    const wanted = { ifindex, mac, mtu, epochSlot: slot };
    if (this.#isWritten(addressSet, held, wanted)) return [];
    const epoch = this.#slots.following(slot);
    for (const address of addresses) this.#map.set(address, { ...wanted, epoch });
    const gone = [...(held?.addresses ?? [])].filter((address) => !addressSet.has(address));
    for (const address of gone) this.#map.delete(address);
    this.#slots.move(slot, epoch);
    this.#held.set(ifindex, { slot, addresses: addressSet });
    return gone;
  }

  /**
   * Removes the entries of a device. Here the epoch moves on first, which makes nothing valid that an
   * entry says, whether it was made before or is made meanwhile: should this process end in between, no
   * flow to the device is left that is believed. Gives the addresses that are nobody's now.
   */
  remove(ifindex: number): readonly IpAddress[] {
    const held = this.#held.get(ifindex);
    if (held === undefined) return [];
    this.#slots.move(held.slot, this.#slots.following(held.slot));
    // An address may be another pod's by now.
    const gone = [...held.addresses].filter(
      (address) => this.#map.get(address)?.ifindex === ifindex,
    );
    for (const address of gone) this.#map.delete(address);
    this.#slots.release(held.slot);
    this.#held.delete(ifindex);
    return gone;
  }

  #isWritten(
    addresses: ReadonlySet<IpAddress>,
    held: Held | undefined,
    wanted: Omit<Endpoint, "epoch">,
  ): boolean {
    if (held === undefined || held.addresses.symmetricDifference(addresses).size > 0) return false;
    return addresses.values().every((address) => {
      const entry = this.#map.get(address);
      return (
        entry?.ifindex === wanted.ifindex &&
        entry.mac === wanted.mac &&
        entry.mtu === wanted.mtu &&
        entry.epochSlot === wanted.epochSlot &&
        entry.epoch === this.#slots.current(wanted.epochSlot)
      );
    });
  }
}
