import type { Clock, IpAddress } from "@heddle/contracts";
import type { Block } from "./block.ts";
import { Cooling } from "./cooling.ts";
import { PrefixIndex } from "./prefix-index.ts";

/** What pools of one node share: no two have the same prefix, and a released address cools down wherever it goes. */
export class AddressSpace {
  readonly index: PrefixIndex<Block> = new PrefixIndex();
  readonly cooling: Cooling;

  /** Tells that the use of some pool is another one. */
  readonly changed: () => void;

  constructor(clock: Clock, changed: () => void = () => undefined) {
    this.changed = changed;
    this.cooling = new Cooling(clock, (addresses) => this.#endCooling(addresses));
  }

  /** Adds a prefix, of which addresses may cool down. */
  add(block: Block): void {
    this.index.add(block);
    for (const address of this.cooling.addresses()) {
      if (this.#givenOf(address) === block) block.slots.coolOn(block.offsetOf(address));
    }
  }

  /** The prefix that an address was of may have been removed meanwhile, or be part of another one now. */
  #endCooling(addresses: readonly IpAddress[]): void {
    const changed = new Set<Block>();
    for (const address of addresses) {
      const block = this.#givenOf(address);
      if (block === undefined) continue;
      block.slots.endCooling(block.offsetOf(address));
      changed.add(block);
    }
    for (const block of changed) block.holder.changed(block);
  }

  /** What the address is of, unless nobody can have it there. */
  #givenOf(address: IpAddress): Block | undefined {
    const block = this.index.find(address);
    return block?.refusal(address) === undefined ? block : undefined;
  }
}
