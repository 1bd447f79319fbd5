import type { StateStream } from "@heddle/contracts";
import { Observable, type Subscriber } from "rxjs";
import { publish } from "./publication.ts";

/** A value with the side of its one writer. */
export interface MutableState<T> {
  readonly value: T;
  /** Readers see it at once. What subscribers miss while another is being told is skipped, never reordered. */
  set(value: T): void;
  /** The side of those who read. */
  readonly state$: StateStream<T>;
}

export interface StateOptions<T> {
  /**
   * Whether two values are the same to readers; setting the same value is not published.
   *
   * @defaultValue `Object.is`
   */
  readonly equals?: (held: T, given: T) => boolean;
}

/** A value that always is. Values must not be changed after they were handed in. */
export function createState<T>(initial: T, options: StateOptions<T> = {}): MutableState<T> {
  return new StoredState(initial, options);
}

/** A value that is computed from what its writer knows. */
export interface ComputedState<T> {
  readonly value: T;
  /** Says that the value may be another one now. Computes nothing unless somebody subscribes. */
  invalidate(): void;
  /** The side of those who read. */
  readonly state$: StateStream<T>;
}

/** A value that always is, for a writer that changes more often than somebody looks. */
export function createComputedState<T>(compute: () => T): ComputedState<T> {
  return new LazyState(compute);
}

class StoredState<T> implements MutableState<T> {
  readonly #readers = new Readers(() => this.#value);
  readonly #equals: (held: T, given: T) => boolean;
  #value: T;

  constructor(initial: T, options: StateOptions<T>) {
    this.#value = initial;
    this.#equals = options.equals ?? Object.is;
  }

  get value(): T {
    return this.#value;
  }

  get state$(): StateStream<T> {
    return this.#readers.state$;
  }

  set(value: T): void {
    if (this.#equals(this.#value, value)) return;
    this.#value = value;
    this.#readers.announce();
  }
}

class LazyState<T> implements ComputedState<T> {
  readonly #readers = new Readers(() => this.value);
  readonly #compute: () => T;
  /** Undefined while it would have to be computed anew. */
  #computed: { readonly value: T } | undefined;

  constructor(compute: () => T) {
    this.#compute = compute;
  }

  get value(): T {
    this.#computed ??= { value: this.#compute() };
    return this.#computed.value;
  }

  get state$(): StateStream<T> {
    return this.#readers.state$;
  }

  invalidate(): void {
    this.#computed = undefined;
    this.#readers.announce();
  }
}

interface Reader<T> {
  readonly subscriber: Subscriber<T>;
  /** The revision that the reader has seen. */
  seen: number;
}

/** Who is told of a value. */
export class Readers<T> {
  readonly state$: StateStream<T>;
  readonly #read: () => T;
  readonly #readers = new Set<Reader<T>>();
  #revision = 0;

  constructor(read: () => T) {
    this.#read = read;
    this.state$ = new StateView(read, (subscriber) => this.#attach(subscriber));
  }

  /** The value is another one. */
  announce(): void {
    this.#revision++;
    if (this.#readers.size > 0) publish(() => this.#deliver());
  }

  #deliver(): void {
    for (const reader of this.#readers) {
      if (reader.seen < this.#revision) this.#tell(reader);
    }
  }

  #attach(subscriber: Subscriber<T>): void {
    const reader: Reader<T> = { subscriber, seen: this.#revision };
    this.#readers.add(reader);
    subscriber.add(() => this.#readers.delete(reader));
    this.#tell(reader);
  }

  #tell(reader: Reader<T>): void {
    reader.seen = this.#revision;
    reader.subscriber.next(this.#read());
  }
}

class StateView<T> extends Observable<T> implements StateStream<T> {
  readonly #read: () => T;

  constructor(read: () => T, attach: (subscriber: Subscriber<T>) => void) {
    super(attach);
    this.#read = read;
  }

  get value(): T {
    return this.#read();
  }
}
