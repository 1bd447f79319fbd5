import type { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { type Attempt, BpfError, check, type Explanation } from "./errors.ts";
import { encodeEvent } from "./event-bytes.ts";
import { newDescriptor } from "./kernel-map.ts";
import { KernelMapBase } from "./kernel-map-base.ts";
import type { KernelMapHandle } from "./map-types.ts";
import type { EventCodec } from "./record-codec.ts";
import type { NamedMapSpec } from "./spec.ts";
import { openUserRingTarget, type UserRingTarget } from "./user-ring-target.ts";

/** What a program's source says of a ring buffer that it takes events from. */
export interface UserRingBufferSpec<E> extends NamedMapSpec {
  readonly type: "user_ringbuf";
  /** Bytes; a power of two of at least a page. */
  readonly maxEntries: number;
  readonly event: EventCodec<E>;
}

/** A user ring buffer, which {@link openUserRingBuffer} writes. In the kernel, or in memory for tests. */
export interface UserRingBuffer<E> {
  readonly spec: UserRingBufferSpec<E>;
}

/** A handle of a user ring buffer. */
export interface KernelUserRingBuffer<E> extends UserRingBuffer<E>, KernelMapHandle {}

/** Room for one event. Programs do not see later events before it was submitted or discarded. */
export interface ReservedEvent<E> extends Disposable {
  /** @throws {BpfError} `invalid-state` when it was submitted or discarded before, `invalid-argument` */
  submit(event: E): void;
  /** Gives the room back; disposing does it, too. Idempotent. */
  discard(): void;
}

/** Writes a user ring buffer while it is open. */
export interface UserRingBufferWriter<E> extends Disposable {
  readonly closed: boolean;
  /** Whether there was room. */
  send(event: E): boolean;
  /**
   * Undefined when there is no room.
   *
   * @throws {BpfError} `invalid-state` for more than 64 at once, or for events of several sizes
   */
  reserve(): ReservedEvent<E> | undefined;
  /** Discards what is reserved. Idempotent. */
  close(): void;
}

/**
 * Makes a user ring buffer in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature` before Linux 6.1
 */
export async function createUserRingBuffer<E>(
  spec: UserRingBufferSpec<E>,
): Promise<KernelUserRingBuffer<E>> {
  return userRingBufferOf(await newDescriptor(spec), spec);
}

/** The handle of a user ring buffer that was checked to be what `spec` says. */
export function userRingBufferOf<E>(
  descriptor: Descriptor,
  spec: UserRingBufferSpec<E>,
): KernelUserRingBuffer<E> {
  return new TypedKernelUserRing(descriptor, spec);
}

class TypedKernelUserRing<E> extends KernelMapBase implements KernelUserRingBuffer<E> {
  readonly spec: UserRingBufferSpec<E>;

  constructor(descriptor: Descriptor, spec: UserRingBufferSpec<E>) {
    super(descriptor);
    this.spec = spec;
  }
}

/**
 * Sends events to the programs that take them with `bpf_user_ringbuf_drain`, when they next run. One
 * writer per user ring buffer: two would overwrite one another.
 *
 * @throws {BpfError} `handle-closed`, `not-permitted`
 */
export function openUserRingBuffer<E>(map: UserRingBuffer<E>): UserRingBufferWriter<E> {
  return new Writer(map);
}

class Writer<E> implements UserRingBufferWriter<E> {
  readonly #spec: UserRingBufferSpec<E>;
  #ring: UserRingTarget | undefined;

  constructor(map: UserRingBuffer<E>) {
    this.#spec = map.spec;
    this.#ring = openUserRingTarget(map, this.#attempt("write"));
  }

  get closed(): boolean {
    return this.#ring === undefined;
  }

  send(event: E): boolean {
    const bytes = encodeEvent(this.#spec, event);
    const attempt = this.#attempt("send to");
    const place = this.#reserve(attempt, bytes.length);
    if (place === undefined) return false;
    check(attempt, this.#open(attempt).submit(place, bytes));
    return true;
  }

  reserve(): ReservedEvent<E> | undefined {
    const attempt = this.#attempt("reserve room in");
    const { event } = this.#spec;
    if ("encodeRecord" in event) throw noSize(attempt);
    const place = this.#reserve(attempt, event.size);
    return place === undefined ? undefined : this.#reserved(place);
  }

  close(): void {
    this.#ring?.close();
    this.#ring = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #reserved(place: number): ReservedEvent<E> {
    let done = false;
    const discard = (): void => {
      if (!done) this.#ring?.submit(place, undefined);
      done = true;
    };
    return {
      submit: (event) => {
        const attempt = this.#attempt("submit to");
        if (done) throw doneBefore(attempt);
        const bytes = encodeEvent(this.#spec, event);
        check(attempt, this.#open(attempt).submit(place, bytes));
        done = true;
      },
      discard,
      [Symbol.dispose]: discard,
    };
  }

  /** The place of an event of so many bytes, if there is room. */
  #reserve(attempt: Attempt, size: number): number | undefined {
    const place = this.#open(attempt).reserve(size);
    if (errnoName(-place) === "ENOSPC") return undefined;
    return check(attempt, place, reserveExplanations(size));
  }

  #open(attempt: Attempt): UserRingTarget {
    if (this.#ring !== undefined) return this.#ring;
    throw new BpfError({ ...attempt, code: "handle-closed", reason: "the writer was closed" });
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: `user ring buffer ${this.#spec.name}` };
  }
}

function reserveExplanations(size: number): Readonly<Record<string, Explanation>> {
  return {
    E2BIG: {
      code: "invalid-argument",
      reason: `an event of ${String(size)} bytes never fits`,
    },
    EBUSY: {
      code: "invalid-state",
      reason: "64 events are reserved and neither submitted nor discarded",
    },
  };
}

function noSize(attempt: Attempt): BpfError {
  return new BpfError({
    ...attempt,
    code: "invalid-state",
    reason: "its events have no one size",
    hint: "send them whole",
  });
}

function doneBefore(attempt: Attempt): BpfError {
  return new BpfError({
    ...attempt,
    code: "invalid-state",
    reason: "the event was submitted or discarded before",
  });
}
