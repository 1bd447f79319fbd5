import type { EventStream } from "@heddle/contracts";
import { Subject } from "rxjs";
import { publish } from "./publication.ts";
import { createState } from "./state.ts";
import { TableError } from "./table-error.ts";

/** A stream of events with the side of its one writer. */
export interface EventSource<T> {
  /** Tells all subscribers. Counted as dropped when `capacity` events already wait. */
  emit(event: T): void;
  /** Counts events that were lost before they got here, as a ring buffer does. */
  countDropped(count: number): void;
  /** The side of those who read. */
  readonly stream: EventStream<T>;
}

export interface EventOptions {
  /**
   * How many events may wait while subscribers are being told something else, which is when they are
   * emitted by a subscriber or inside a transaction.
   *
   * @defaultValue 4096
   */
  readonly capacity?: number;
}

/**
 * Things that happen. An event that nobody listens to is gone and is not counted as dropped.
 *
 * @throws {TableError} `invalid-option` for a capacity that is not a positive integer
 */
export function createEvents<T>(options: EventOptions = {}): EventSource<T> {
  const capacity = options.capacity ?? 4096;
  if (!Number.isInteger(capacity) || capacity < 1) throw badCapacity(capacity);
  return new BoundedEvents<T>(capacity);
}

class BoundedEvents<T> implements EventSource<T> {
  readonly stream: EventStream<T>;
  readonly #capacity: number;
  readonly #events = new Subject<T>();
  readonly #dropped = createState(0);
  #waiting = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.stream = { events$: this.#events.asObservable(), dropped$: this.#dropped.state$ };
  }

  emit(event: T): void {
    if (!this.#events.observed) return;
    if (this.#waiting === this.#capacity) {
      this.countDropped(1);
      return;
    }
    this.#waiting++;
    publish(() => {
      this.#waiting--;
      this.#events.next(event);
    });
  }

  countDropped(count: number): void {
    this.#dropped.set(this.#dropped.value + count);
  }
}

function badCapacity(capacity: number): TableError {
  return new TableError({
    code: "invalid-option",
    operation: "create events",
    subject: `capacity ${String(capacity)}`,
    reason: "not a positive integer",
  });
}
