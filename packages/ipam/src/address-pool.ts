import {
  type Clock,
  ipFamilies,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  ipToBigInt,
  prefixesOverlap,
  type StateStream,
} from "@heddle/contracts";
import { createComputedState, createTable, type MutableTable, type Table } from "@heddle/tables";
import { type Allocation, emptyAllocation, withAddress } from "./allocation.ts";
import { Block, type Offset, type PrefixUsage } from "./block.ts";
import { Cooling } from "./cooling.ts";
import type { Ipam, IpamDeps, IpamOptions } from "./ipam.ts";
import {
  addressReserved,
  addressTaken,
  drainingPrefix,
  noAddress,
  noFamily,
  outsidePool,
  overlappingPrefix,
  prefixInUse,
  secondAddress,
  stillCooling,
  unknownPrefix,
} from "./refusals.ts";
import { type FamilyRange, reservationRange } from "./reservation.ts";

/** Where an address is from. */
interface Place {
  readonly block: Block;
  readonly offset: Offset;
}

/** An address that an owner may have. */
interface Offer extends Place {
  readonly address: IpAddress;
}

export class AddressPool implements Ipam {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #reserved: readonly FamilyRange[];
  readonly #draw: (block: Block) => number | undefined;
  readonly #coolDown: number;
  readonly #cooling: Cooling;
  readonly #byOwner = new Map<string, Allocation>();
  readonly #usage = createComputedState(() => this.#blocks.map((block) => block.usage));
  #blocks: readonly Block[] = [];
  /** What `#byOwner` holds, once somebody has asked for it. */
  #table: MutableTable<string, Allocation> | undefined;

  constructor(deps: IpamDeps, options: IpamOptions) {
    const { random = Math.random } = deps;
    const { name = "default", reserved = [], strategy = "first-free", coolDown = 0 } = options;
    this.#clock = deps.clock;
    this.#name = name;
    this.#reserved = reserved.map(reservationRange);
    this.#draw =
      strategy === "random" ? (block) => block.anywhere(random()) : (block) => block.lowest();
    this.#coolDown = coolDown;
    this.#cooling = new Cooling(deps.clock, coolDown, (addresses) => this.#endCooling(addresses));
    for (const prefix of options.prefixes) this.addPrefix(prefix);
  }

  get allocations(): Table<string, Allocation> {
    this.#table ??= this.#createTable();
    return this.#table;
  }

  get usage$(): StateStream<readonly PrefixUsage[]> {
    return this.#usage.state$;
  }

  allocate(owner: string, families: readonly IpFamily[]): Allocation {
    if (families.length === 0) throw noFamily(owner);
    const held = this.#held(owner);
    // All are found before the first one is taken, so that there is nothing to undo.
    const offers: Offer[] = [];
    for (const family of ipFamilies) {
      const address = family === 4 ? held.ipv4 : held.ipv6;
      if (address === undefined && families.includes(family))
        offers.push(this.#find(owner, family));
    }
    for (const { block, offset } of offers) block.take(offset, owner);
    return this.#record(held, offers);
  }

  claim(owner: string, addresses: readonly IpAddress[]): Allocation {
    const held = this.#held(owner);
    const wanted = new Set(addresses).difference(new Set(held.addresses));
    const all = [...held.addresses];
    for (const address of wanted) {
      const first = all.find((other) => ipFamily(other) === ipFamily(address));
      if (first !== undefined) throw secondAddress(owner, address, first);
      all.push(address);
    }
    const offers = Array.from(wanted, (address) => this.#claimable(owner, address));
    for (const { address, block, offset } of offers) {
      if (this.#cooling.delete(address)) block.reclaim(offset, owner);
      else block.take(offset, owner);
    }
    return this.#record(held, offers);
  }

  release(owner: string): boolean {
    const allocation = this.#byOwner.get(owner);
    if (allocation === undefined) return false;
    for (const address of allocation.addresses) this.#giveBack(address, owner);
    this.#byOwner.delete(owner);
    this.#table?.delete(owner);
    this.#dropDrained();
    this.#usage.invalidate();
    return true;
  }

  ownerOf(address: IpAddress): string | undefined {
    const place = this.#placeOf(address);
    return place?.block.owners.get(place.offset);
  }

  addPrefix(prefix: IpPrefix): void {
    const other = this.#blocks.find((held) => prefixesOverlap(held.prefix, prefix));
    if (other === undefined) {
      this.#append(new Block(prefix, this.#reserved));
    } else if (other.prefix === prefix && other.draining) {
      other.resume();
      // It is the latest one now.
      this.#blocks = [...this.#blocks.filter((held) => held !== other), other];
    } else {
      throw overlappingPrefix(this.#name, prefix, other.prefix);
    }
    this.#usage.invalidate();
  }

  drainPrefix(prefix: IpPrefix): void {
    this.#blockNamed("drain prefix", prefix).drain();
    this.#dropDrained();
    this.#usage.invalidate();
  }

  removePrefix(prefix: IpPrefix): void {
    const block = this.#blockNamed("remove prefix", prefix);
    if (block.owners.size > 0) throw prefixInUse(prefix, block.owners);
    this.#blocks = this.#blocks.filter((held) => held !== block);
    this.#usage.invalidate();
  }

  #append(block: Block): void {
    this.#blocks = [...this.#blocks, block];
    for (const address of this.#cooling.addresses()) {
      const place = this.#placeOf(address);
      if (place?.block === block) block.coolOn(place.offset);
    }
  }

  #dropDrained(): void {
    this.#blocks = this.#blocks.filter(({ draining, owners }) => !draining || owners.size > 0);
  }

  #blockNamed(operation: string, prefix: IpPrefix): Block {
    const block = this.#blocks.find((held) => held.prefix === prefix);
    if (block === undefined) throw unknownPrefix(this.#name, operation, prefix, this.#prefixes());
    return block;
  }

  #createTable(): MutableTable<string, Allocation> {
    const table = createTable<string, Allocation>({ name: `allocations of ${this.#name}` });
    for (const [owner, allocation] of this.#byOwner) table.upsert(owner, allocation);
    table.markSynced();
    return table;
  }

  #held(owner: string): Allocation {
    return this.#byOwner.get(owner) ?? emptyAllocation(owner);
  }

  #prefixes(): readonly IpPrefix[] {
    return this.#blocks.map(({ prefix }) => prefix);
  }

  #find(owner: string, family: IpFamily): Offer {
    const blocks = this.#blocks.filter((block) => block.family === family && !block.draining);
    for (const block of blocks) {
      const offset = this.#draw(block);
      if (offset !== undefined) return { address: block.addressAt(offset), block, offset };
    }
    throw noAddress(this.#name, owner, family, blocks);
  }

  #claimable(owner: string, address: IpAddress): Offer {
    const value = ipToBigInt(address);
    const block = this.#blockOf(address, value);
    if (block === undefined) throw outsidePool(this.#name, owner, address, this.#prefixes());
    if (block.draining) throw drainingPrefix(owner, address, block.prefix);
    const refusal = block.refusal(value);
    if (refusal !== undefined) throw addressReserved(owner, address, refusal);
    const offset = block.offsetOf(value);
    const holder = block.owners.get(offset);
    if (holder !== undefined) throw addressTaken(owner, address, holder);
    const cooling = this.#cooling.get(address);
    if (cooling !== undefined && cooling.owner !== owner) {
      throw stillCooling(owner, cooling, this.#clock.monotonic());
    }
    return { address, block, offset };
  }

  /** What was taken belongs to the owner, together with what it held before. */
  #record(held: Allocation, offers: readonly Offer[]): Allocation {
    if (offers.length === 0) return held;
    let allocation = held;
    for (const { address } of offers) allocation = withAddress(allocation, address);
    this.#byOwner.set(allocation.owner, allocation);
    this.#table?.upsert(allocation.owner, allocation);
    this.#usage.invalidate();
    return allocation;
  }

  #giveBack(address: IpAddress, owner: string): void {
    const place = this.#placeOf(address);
    if (this.#coolDown === 0) {
      place?.block.free(place.offset);
    } else {
      place?.block.cool(place.offset);
      this.#cooling.add(address, owner);
    }
  }

  /** The prefix that an address was of may have been removed meanwhile, or be part of another one now. */
  #endCooling(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const place = this.#placeOf(address);
      place?.block.endCooling(place.offset);
    }
    this.#usage.invalidate();
  }

  #blockOf(address: IpAddress, value: bigint): Block | undefined {
    const family = ipFamily(address);
    return this.#blocks.find((block) => block.contains(family, value));
  }

  /** Where the address is from; undefined when nobody can have it. */
  #placeOf(address: IpAddress): Place | undefined {
    const value = ipToBigInt(address);
    const block = this.#blockOf(address, value);
    if (block === undefined || block.refusal(value) !== undefined) return undefined;
    return { block, offset: block.offsetOf(value) };
  }
}
