import {
  type Clock,
  ipFamilies,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isIpv4Address,
  type StateStream,
} from "@heddle/contracts";
import { createComputedState, createTable, type MutableTable, type Table } from "@heddle/tables";
import { AddressSpace } from "./address-space.ts";
import { type Allocation, allocationOf } from "./allocation.ts";
import { Block, type BlockHolder, type PrefixUsage } from "./block.ts";
import type { Ipam, IpamDeps, IpamOptions } from "./ipam.ts";
import {
  addressReserved,
  addressTaken,
  badCoolDown,
  drainingPrefix,
  noAddress,
  noFamily,
  outsidePool,
  overlappingPrefix,
  prefixInUse,
  stillCooling,
  unknownPrefix,
} from "./refusals.ts";
import { checkFamilies } from "./families.ts";
import { type FamilyRange, reservationRange } from "./reservation.ts";
import { RoomQueue } from "./room-queue.ts";
import type { Offset, Slots } from "./slots.ts";

/** An address that an owner may have, and where it is from. */
interface Offer {
  readonly address: IpAddress;
  readonly block: Block;
  readonly offset: Offset;
  /** Whether the owner comes back to it while it cools down. */
  readonly cooling: boolean;
}

/** What an owner has, and what it is to be given beside that. Only carrying it out changes anything. */
export interface Plan {
  readonly held: Allocation;
  readonly offers: readonly Offer[];
}

export class AddressPool implements Ipam, BlockHolder {
  readonly name: string;
  readonly #clock: Clock;
  readonly #reserved: readonly FamilyRange[];
  readonly #draw: (slots: Slots) => number | undefined;
  readonly #coolDown: number;
  readonly #space: AddressSpace;
  readonly #byOwner = new Map<string, Allocation>();
  readonly #blocks = new Set<Block>();
  readonly #queues = { 4: new RoomQueue<Block>(), 6: new RoomQueue<Block>() };
  readonly #usage = createComputedState(() => Array.from(this.#blocks, ({ usage }) => usage));
  /** What `#byOwner` holds, once somebody has asked for it. */
  #table: MutableTable<string, Allocation> | undefined;

  constructor(
    deps: IpamDeps,
    options: IpamOptions,
    space: AddressSpace = new AddressSpace(deps.clock),
  ) {
    const { random = Math.random } = deps;
    const { name = "default", reserved = [], strategy = "first-free", coolDown = 0 } = options;
    if (!(coolDown >= 0)) throw badCoolDown(name, coolDown);
    this.name = name;
    this.#clock = deps.clock;
    this.#reserved = reserved.map(reservationRange);
    this.#draw =
      strategy === "random" ? (slots) => slots.anywhere(random()) : (slots) => slots.lowest();
    this.#coolDown = coolDown;
    this.#space = space;
    for (const prefix of options.prefixes) this.addPrefix(prefix);
  }

  get allocations(): Table<string, Allocation> {
    this.#table ??= this.#createTable();
    return this.#table;
  }

  get usage$(): StateStream<readonly PrefixUsage[]> {
    return this.#usage.state$;
  }

  /** Who has something. */
  owners(): ReadonlySet<string> {
    return new Set(this.#byOwner.keys());
  }

  allocate(owner: string, families: readonly IpFamily[]): Allocation {
    if (families.length === 0) throw noFamily(owner);
    return this.carryOut(this.planAllocation(owner, families));
  }

  claim(owner: string, addresses: readonly IpAddress[]): Allocation {
    return this.carryOut(this.planClaim(owner, addresses));
  }

  /** What the owner has. */
  allocationOf(owner: string): Allocation | undefined {
    return this.#byOwner.get(owner);
  }

  planAllocation(owner: string, families: readonly IpFamily[]): Plan {
    const held = this.#held(owner);
    const offers: Offer[] = [];
    for (const family of ipFamilies) {
      const address = family === 4 ? held.ipv4 : held.ipv6;
      if (address === undefined && families.includes(family)) {
        offers.push(this.#find(owner, family));
      }
    }
    return { held, offers };
  }

  planClaim(owner: string, addresses: readonly IpAddress[]): Plan {
    const held = this.#held(owner);
    const wanted = new Set(addresses).difference(new Set(held.addresses));
    checkFamilies(owner, held.addresses, wanted);
    return { held, offers: Array.from(wanted, (address) => this.#claimable(owner, address)) };
  }

  /** All that is planned belongs to the owner. Nothing must have changed since it was planned. */
  carryOut({ held, offers }: Plan): Allocation {
    if (offers.length === 0) return held;
    const { owner } = held;
    let { ipv4, ipv6 } = held;
    for (const { address, block, offset, cooling } of offers) {
      if (cooling) {
        this.#space.cooling.delete(address);
        block.slots.reclaim(offset, owner);
      } else {
        block.slots.take(offset, owner);
      }
      this.#queues[block.family].changed(block);
      if (isIpv4Address(address)) ipv4 = address;
      else ipv6 = address;
    }
    const allocation = allocationOf(owner, ipv4, ipv6);
    this.#byOwner.set(owner, allocation);
    this.#table?.upsert(owner, allocation);
    this.#announce();
    return allocation;
  }

  release(owner: string): boolean {
    const allocation = this.#byOwner.get(owner);
    if (allocation === undefined) return false;
    for (const address of allocation.addresses) this.#giveBack(address, owner);
    this.#byOwner.delete(owner);
    this.#table?.delete(owner);
    this.#announce();
    return true;
  }

  ownerOf(address: IpAddress): string | undefined {
    const block = this.#blockOf(address);
    return block?.slots.ownerOf(block.offsetOf(address));
  }

  addPrefix(prefix: IpPrefix): void {
    const other = this.#space.index.overlapping(prefix);
    if (other === undefined) {
      const block = new Block(this, prefix, this.#reserved);
      this.#space.add(block);
      this.#append(block);
    } else if (other.holder === this && other.prefix === prefix && other.draining) {
      this.#remove(other);
      other.resume();
      // It is the latest one now.
      this.#append(other);
    } else {
      throw overlappingPrefix(this.name, prefix, other);
    }
    this.#announce();
  }

  drainPrefix(prefix: IpPrefix): void {
    const block = this.#blockNamed("drain prefix", prefix);
    block.drain();
    this.#queues[block.family].changed(block);
    this.#dropDrained(block);
    this.#announce();
  }

  removePrefix(prefix: IpPrefix): void {
    const block = this.#blockNamed("remove prefix", prefix);
    if (block.slots.used > 0) throw prefixInUse(prefix, block.slots);
    this.#remove(block);
    this.#space.index.delete(block);
    this.#announce();
  }

  /** Takes all prefixes, of which nobody has an address, out of the pool. */
  clear(): void {
    for (const block of this.#blocks) {
      this.#remove(block);
      this.#space.index.delete(block);
    }
    this.#announce();
  }

  changed(block: Block): void {
    this.#queues[block.family].changed(block);
    this.#announce();
  }

  #announce(): void {
    this.#usage.invalidate();
    this.#space.changed();
  }

  #append(block: Block): void {
    this.#blocks.add(block);
    this.#queues[block.family].add(block);
  }

  #remove(block: Block): void {
    this.#blocks.delete(block);
    this.#queues[block.family].delete(block);
  }

  #dropDrained(block: Block): void {
    if (!block.draining || block.slots.used > 0) return;
    this.#remove(block);
    this.#space.index.delete(block);
  }

  #blockNamed(operation: string, prefix: IpPrefix): Block {
    const block = this.#space.index.overlapping(prefix);
    if (block?.holder === this && block.prefix === prefix) return block;
    throw unknownPrefix(this.name, operation, prefix, this.#prefixes());
  }

  #createTable(): MutableTable<string, Allocation> {
    const table = createTable<string, Allocation>({ name: `allocations of ${this.name}` });
    for (const [owner, allocation] of this.#byOwner) table.upsert(owner, allocation);
    table.markSynced();
    return table;
  }

  #held(owner: string): Allocation {
    return this.#byOwner.get(owner) ?? allocationOf(owner, undefined, undefined);
  }

  #prefixes(): readonly IpPrefix[] {
    return Array.from(this.#blocks, ({ prefix }) => prefix);
  }

  #find(owner: string, family: IpFamily): Offer {
    const queue = this.#queues[family];
    const block = queue.first();
    const offset = block === undefined ? undefined : this.#draw(block.slots);
    if (block === undefined || offset === undefined) {
      const blocks = queue.values().filter(({ draining }) => !draining);
      throw noAddress(this.name, owner, family, blocks.toArray());
    }
    return { address: block.addressAt(offset), block, offset, cooling: false };
  }

  #claimable(owner: string, address: IpAddress): Offer {
    const block = this.#blockOf(address);
    if (block === undefined) throw outsidePool(this.name, owner, address, this.#prefixes());
    if (block.draining) throw drainingPrefix(owner, address, block.prefix);
    const refusal = block.refusal(address);
    if (refusal !== undefined) throw addressReserved(owner, address, refusal);
    const offset = block.offsetOf(address);
    const holder = block.slots.ownerOf(offset);
    if (holder !== undefined) throw addressTaken(owner, address, holder);
    const cooling = this.#space.cooling.get(address);
    if (cooling !== undefined && cooling.owner !== owner) {
      throw stillCooling(owner, cooling, this.#clock.monotonic());
    }
    return { address, block, offset, cooling: cooling !== undefined };
  }

  #giveBack(address: IpAddress, owner: string): void {
    const block = this.#blockOf(address);
    if (block === undefined) return;
    const offset = block.offsetOf(address);
    if (this.#coolDown === 0) {
      block.slots.release(offset);
      this.#queues[block.family].changed(block);
    } else {
      block.slots.cool(offset);
      this.#space.cooling.add(address, owner, this.#coolDown);
    }
    this.#dropDrained(block);
  }

  #blockOf(address: IpAddress): Block | undefined {
    const block = this.#space.index.find(address);
    return block?.holder === this ? block : undefined;
  }
}
