import type { EventStream, Logger } from "@heddle/contracts";
import { createEvents, type EventSource } from "@heddle/tables";
import { openRingBuffer, type RingBuffer, type RingBufferReader } from "libbpf-napi";
import { finalize, Observable } from "rxjs";
import type { NatWarning } from "./generated/bpf.ts";
import { portUsageOf } from "./kernel-nat.ts";
import type { PortUsage } from "./port-ledger.ts";

export interface PortWarningsDeps {
  readonly warnings: RingBuffer<NatWarning>;
  readonly logger: Logger;
}

/** Destinations to which ports run short. Those of which the programs told before are delivered to the first who subscribes. */
export class PortWarnings {
  readonly stream: EventStream<PortUsage>;
  readonly #deps: PortWarningsDeps;
  readonly #source: EventSource<PortUsage> = createEvents();
  #subscribers = 0;
  #reader: RingBufferReader | undefined;

  constructor(deps: PortWarningsDeps) {
    this.#deps = deps;
    const { events$, dropped$ } = this.#source.stream;
    const shared$ = new Observable<PortUsage>((subscriber) => {
      const subscription = events$.pipe(finalize(() => this.#leave())).subscribe(subscriber);
      this.#enter();
      return subscription;
    });
    this.stream = { events$: shared$, dropped$ };
  }

  /** Stops reading. Subscribers hear nothing more. */
  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #enter(): void {
    if (++this.#subscribers !== 1) return;
    const { warnings, logger } = this.#deps;
    this.#reader = openRingBuffer(warnings, {
      onEvents: (events) => {
        for (const event of events) this.#source.emit(portUsageOf(event.destination, event));
      },
      onError: (error) => logger.error("reading warnings about ports failed", { error }),
    });
  }

  #leave(): void {
    if (--this.#subscribers === 0) this.close();
  }
}
