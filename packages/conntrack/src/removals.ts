import type { Clock, EventStream, Logger } from "@heddle/contracts";
import { createEvents, type EventSource } from "@heddle/tables";
import { openRingBuffer, type RingBuffer, type RingBufferReader } from "libbpf-napi";
import { finalize, Observable } from "rxjs";
import type { Connection } from "./connection.ts";
import type { Removal } from "./connection-table.ts";
import type { ConnectionEvent } from "./generated/bpf.ts";
import { connectionOfEntry } from "./kernel-entry.ts";
import { removalOfNumber } from "./kernel-outcome.ts";
import type { KernelTime } from "./kernel-time.ts";

/** A connection that left the table. */
export interface RemovedConnection {
  /** As it was at its end. */
  readonly connection: Connection;
  /** Why; undefined for a reason that a later release of the programs added. */
  readonly removal: Removal | undefined;
  /** When, in milliseconds of the monotonic clock. */
  readonly time: number;
}

export interface RemovalsDeps {
  readonly events: RingBuffer<ConnectionEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes the programs write events, or no more. */
  want(wanted: boolean): void;
  /** Events that found no room in the ring buffer, ever. */
  lost(): number;
  time(): KernelTime;
}

/** Milliseconds between two looks at how many events were lost, while somebody subscribes. */
const lossInterval = 1000;

/** Connections that leave the table. The programs write them while somebody subscribes, and only then. */
export class Removals {
  readonly stream: EventStream<RemovedConnection>;
  readonly #deps: RemovalsDeps;
  readonly #source: EventSource<RemovedConnection> = createEvents();
  #subscribers = 0;
  #reader: RingBufferReader | undefined;
  #timer: Disposable | undefined;
  #lost = 0;

  constructor(deps: RemovalsDeps) {
    this.#deps = deps;
    const { events$, dropped$ } = this.#source.stream;
    const shared$ = new Observable<RemovedConnection>((subscriber) => {
      const subscription = events$.pipe(finalize(() => this.#leave())).subscribe(subscriber);
      this.#enter();
      return subscription;
    });
    this.stream = { events$: shared$, dropped$ };
  }

  /** Stops reading. Subscribers hear nothing more. */
  close(): void {
    if (this.#reader === undefined) return;
    this.#deps.want(false);
    this.#timer?.[Symbol.dispose]();
    this.#reader.close();
    this.#reader = undefined;
    this.#countLosses();
  }

  #enter(): void {
    if (++this.#subscribers !== 1) return;
    const { events, logger } = this.#deps;
    this.#lost = this.#deps.lost();
    this.#reader = openRingBuffer(events, {
      onEvents: (all) => this.#emit(all),
      onError: (error) => logger.error("reading removed connections failed", { error }),
    });
    this.#deps.want(true);
    this.#watchLosses();
  }

  #leave(): void {
    if (--this.#subscribers === 0) this.close();
  }

  #emit(events: readonly ConnectionEvent[]): void {
    const time = this.#deps.time();
    for (const event of events) {
      const way = event.packets.map((packets, index) => ({
        packets,
        bytes: event.bytes[index] ?? 0n,
      }));
      const connection = connectionOfEntry(event.key, { ...event, way }, time);
      if (connection === undefined) continue;
      const removal = removalOfNumber(event.removal);
      this.#source.emit({ connection, removal, time: time.millisecondsOf(event.time) });
    }
  }

  #watchLosses(): void {
    this.#timer = this.#deps.clock.schedule(lossInterval, () => {
      this.#countLosses();
      this.#watchLosses();
    });
  }

  #countLosses(): void {
    const lost = this.#deps.lost();
    if (lost > this.#lost) this.#source.countDropped(lost - this.#lost);
    this.#lost = lost;
  }
}
