import { constants } from "node:os";
import { decodeEvent } from "./event-bytes.ts";
import { checkRingSize, spaceOf } from "./memory-ring-buffer.ts";
import type { UserRingBuffer, UserRingBufferSpec } from "./user-ring-buffer.ts";
import { registerUserRingTarget, type UserRingTarget } from "./user-ring-target.ts";

/** A user ring buffer from which a test takes events. */
export interface MemoryUserRingBuffer<E> extends UserRingBuffer<E> {
  /** Takes, as a program does, what was submitted before the first event that is still reserved. */
  drain(): readonly E[];
}

/**
 * A user ring buffer in memory, for tests: {@link openUserRingBuffer} writes it. Room is counted as in
 * the kernel: each event takes 8 bytes and its own, rounded up to 8, until it is drained.
 *
 * @throws {BpfError} `invalid-argument` for a size that the kernel does not take
 */
export function createMemoryUserRingBuffer<E>(
  spec: UserRingBufferSpec<E>,
): MemoryUserRingBuffer<E> {
  checkRingSize(spec);
  const ring = new MemoryUserRing(spec.maxEntries);
  const buffer: MemoryUserRingBuffer<E> = {
    spec,
    drain: () => ring.drain().map((bytes) => decodeEvent(spec, bytes)),
  };
  registerUserRingTarget(buffer, () => ring.open());
  return buffer;
}

/** How many records a writer may have reserved; the same number stands in native/src/user_ring.c. */
const maxReserved = 64;

interface Place {
  readonly space: number;
  state: "reserved" | "discarded" | Uint8Array;
}

const { E2BIG, EBADF, EBUSY, ENOENT, ENOSPC } = constants.errno;

class MemoryUserRing {
  readonly #size: number;
  readonly #places: Place[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  open(): UserRingTarget {
    const reserved = new Map<number, Place>();
    let closed = false;
    return {
      reserve: (size) => (closed ? -EBADF : this.#reserve(reserved, spaceOf(size))),
      submit(number, bytes) {
        const place = reserved.get(number);
        if (place === undefined) return -ENOENT;
        place.state = bytes ?? "discarded";
        reserved.delete(number);
        return 0;
      },
      close() {
        for (const place of reserved.values()) place.state = "discarded";
        reserved.clear();
        closed = true;
      },
    };
  }

  drain(): readonly Uint8Array[] {
    const end = this.#places.findIndex(({ state }) => state === "reserved");
    const ready = this.#places.splice(0, end < 0 ? this.#places.length : end);
    return ready.flatMap(({ state }) => (typeof state === "string" ? [] : [state]));
  }

  /** The number of the place, or a negative error number. */
  #reserve(reserved: Map<number, Place>, space: number): number {
    const used = this.#places.reduce((sum, place) => sum + place.space, 0);
    if (reserved.size >= maxReserved) return -EBUSY;
    if (space > this.#size) return -E2BIG;
    if (used + space > this.#size) return -ENOSPC;
    let number = 0;
    while (reserved.has(number)) number += 1;
    const place: Place = { space, state: "reserved" };
    reserved.set(number, place);
    this.#places.push(place);
    return number;
  }
}
