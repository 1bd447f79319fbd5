import { OffsetSet } from "./offset-set.ts";

/** Something to give from, while it has room. */
interface Giver {
  readonly hasRoom: boolean;
}

/** Bits of the numbers that members get, one after the other. */
const numberBits = 30;

interface Member {
  readonly number: number;
  /** Whether it is known to have no room. */
  full: boolean;
}

/**
 * The prefixes of a family in the order in which they are used. The first one that has room is found in a few steps,
 * however many before it have none.
 */
export class RoomQueue<T extends Giver> {
  readonly #members = new Map<T, Member>();
  readonly #byNumber = new Map<number, T>();
  /** The numbers of those that have no room, and of those that have gone. */
  readonly #full = new OffsetSet(numberBits);
  #next = 0;

  get size(): number {
    return this.#members.size;
  }

  values(): IteratorObject<T> {
    return this.#members.keys();
  }

  /** Adds at the end. */
  add(item: T): void {
    const number = this.#next++;
    this.#members.set(item, { number, full: false });
    this.#byNumber.set(number, item);
    this.changed(item);
  }

  delete(item: T): void {
    const member = this.#members.get(item);
    if (member === undefined) return;
    if (!member.full) this.#full.add(member.number);
    this.#members.delete(item);
    this.#byNumber.delete(member.number);
  }

  /** The member may have room now, or none any more. */
  changed(item: T): void {
    const member = this.#members.get(item);
    if (member === undefined || member.full === !item.hasRoom) return;
    member.full = !item.hasRoom;
    if (member.full) this.#full.add(member.number);
    else this.#full.delete(member.number);
  }

  /** The first one that has room. */
  first(): T | undefined {
    const number = this.#full.firstMissing();
    return number === undefined ? undefined : this.#byNumber.get(number);
  }
}
