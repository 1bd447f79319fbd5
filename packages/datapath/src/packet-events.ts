import type { Clock, EventStream, Logger } from "@heddle/contracts";
import { createEvents, type EventSource } from "@heddle/tables";
import {
  type BpfMap,
  type KernelRingBuffer,
  openRingBuffer,
  type PerCpuMap,
  type RingBufferReader,
} from "libbpf-napi";
import { finalize, Observable } from "rxjs";
import {
  type EventBudget,
  type EventClass,
  type HookName,
  hookName,
  type PacketEvent,
  type ReasonName,
  reasonName,
} from "./generated/bpf.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What became of one packet. */
export interface PacketReport {
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly time: number;
  /** Undefined for a hook or reason that a later release of the programs added. */
  readonly hook: HookName | undefined;
  readonly reason: ReasonName | undefined;
  readonly outcome: Outcome;
  /** Index of the device whose program saw it. */
  readonly ifindex: number;
  /** Index of the device that it goes on by. */
  readonly nexthopIfindex: number | undefined;
  /** Bytes of the whole packet, Ethernet header included. */
  readonly length: number;
  /** Its beginning, from the Ethernet header on. */
  readonly packet: Uint8Array;
}

export interface PacketEventsDeps {
  readonly ring: KernelRingBuffer<PacketEvent>;
  readonly switches: BpfMap<number, number>;
  readonly budgets: PerCpuMap<number, EventBudget>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds between two looks at how many events were lost, while somebody subscribes. */
const lossInterval = 1000;

/**
 * The events of one class. The programs emit them while somebody subscribes, and only then; the reader
 * is shared between subscribers.
 */
export class PacketEvents {
  readonly stream: EventStream<PacketReport>;
  readonly #deps: PacketEventsDeps;
  readonly #class: EventClass;
  readonly #source: EventSource<PacketReport> = createEvents();
  #subscribers = 0;
  #reader: RingBufferReader | undefined;
  #timer: Disposable | undefined;
  #lost: bigint;

  constructor(eventClass: EventClass, deps: PacketEventsDeps) {
    this.#class = eventClass;
    this.#deps = deps;
    this.#lost = this.#readLost();
    deps.switches.set(eventClass, 0);
    const { events$, dropped$ } = this.#source.stream;
    const shared$ = new Observable<PacketReport>((subscriber) => {
      const subscription = events$.pipe(finalize(() => this.#leave())).subscribe(subscriber);
      this.#enter();
      return subscription;
    });
    this.stream = { events$: shared$, dropped$ };
  }

  /** Stops reading. Subscribers hear nothing more. */
  close(): void {
    this.#stop();
  }

  #enter(): void {
    if (++this.#subscribers === 1) this.#start();
  }

  #leave(): void {
    if (--this.#subscribers === 0) this.#stop();
  }

  #start(): void {
    const { ring, switches, logger } = this.#deps;
    this.#reader = openRingBuffer(ring, {
      onEvents: (events) => this.#emit(events),
      onError: (error) => logger.error("reading packet events failed", { error }),
    });
    switches.set(this.#class, 1);
    this.#watchLosses();
  }

  #stop(): void {
    if (this.#reader === undefined) return;
    this.#deps.switches.set(this.#class, 0);
    this.#timer?.[Symbol.dispose]();
    this.#reader.close();
    this.#reader = undefined;
    this.#countLosses();
  }

  #emit(events: readonly PacketEvent[]): void {
    const origin = this.#deps.clock.now() - Number(process.hrtime.bigint()) / nanosecondsPerMs;
    for (const event of events) this.#source.emit(report(event, origin));
  }

  #watchLosses(): void {
    this.#timer = this.#deps.clock.schedule(lossInterval, () => {
      this.#countLosses();
      this.#watchLosses();
    });
  }

  #countLosses(): void {
    const lost = this.#readLost();
    if (lost > this.#lost) this.#source.countDropped(Number(lost - this.#lost));
    this.#lost = lost;
  }

  #readLost(): bigint {
    const { budgets } = this.#deps;
    return budgets.fold(this.#class, (sum, budget) => sum + budget.lost, 0n) ?? 0n;
  }
}

const nanosecondsPerMs = 1e6;

/** `origin` is the moment, in milliseconds since the Unix epoch, that the kernel's monotonic clock counts from. */
function report(event: PacketEvent, origin: number): PacketReport {
  return {
    time: origin + Number(event.time) / nanosecondsPerMs,
    hook: hookName(event.hook),
    reason: reasonName(event.reason),
    outcome: outcomeOf(event.reason),
    ifindex: event.ifindex,
    nexthopIfindex: event.nexthopIfindex === 0 ? undefined : event.nexthopIfindex,
    length: event.length,
    packet: event.packet.subarray(0, event.captured),
  };
}
