import type { EventStream, Service } from "@heddle/contracts";
import type { PacketReport } from "@heddle/datapath";
import { concat, filter, from, map, merge, type Observable, type Subscription } from "rxjs";
import { type FlowContext, type FlowRecord, flowRecord } from "./flow-record.ts";

/** Which events are asked for. */
export const flowKinds = ["drops", "flows"] as const;
export type FlowKind = (typeof flowKinds)[number];

export interface FlowLogDeps extends FlowContext {
  /** Read once the datapath runs. */
  readonly streams: () => Readonly<Record<FlowKind, EventStream<PacketReport>>>;
}

interface FlowFilter {
  readonly kinds: readonly FlowKind[];
  /** Only packets from or to this name, `NAMESPACE/POD` or `node/NAME`, or seen at the device of this pod. */
  readonly name?: string | undefined;
  /** How many of the latest drops come first. */
  readonly last: number;
}

/**
 * The events of the programs with names in them. The latest drops are kept, so that one can look after
 * the fact; flows are told while somebody listens.
 */
export interface FlowLog extends Service {
  /** Whether it can be followed: from `start` to `close`. */
  readonly running: boolean;
  follow(filter: FlowFilter): Observable<FlowRecord>;
  /** Events that were lost since the start, by kind. */
  lost(): Readonly<Record<FlowKind, number>>;
}

/** Drops that are kept. */
const capacity = 1024;

export function createFlowLog(deps: FlowLogDeps): FlowLog {
  return new NamedFlowLog(deps);
}

class NamedFlowLog implements FlowLog {
  readonly #deps: FlowLogDeps;
  readonly #latest: FlowRecord[] = [];
  #subscription: Subscription | undefined;

  constructor(deps: FlowLogDeps) {
    this.#deps = deps;
  }

  get running(): boolean {
    return this.#subscription?.closed === false;
  }

  start(): Promise<void> {
    this.#subscription = this.#records("drops").subscribe((record) => {
      if (this.#latest.push(record) > capacity) this.#latest.shift();
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#subscription?.unsubscribe();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  follow({ kinds, name, last }: FlowFilter): Observable<FlowRecord> {
    const concerns = ({ source, destination, pod }: FlowRecord): boolean =>
      name === undefined || [source?.name, destination?.name, pod].includes(name);
    const past =
      last > 0 && kinds.includes("drops") ? this.#latest.filter(concerns).slice(-last) : [];
    const live$ = merge(...kinds.map((kind) => this.#records(kind)));
    return concat(from(past), live$.pipe(filter(concerns)));
  }

  lost(): Readonly<Record<FlowKind, number>> {
    const { drops, flows } = this.#deps.streams();
    return { drops: drops.dropped$.value, flows: flows.dropped$.value };
  }

  #records(kind: FlowKind): Observable<FlowRecord> {
    const { events$ } = this.#deps.streams()[kind];
    return events$.pipe(map((report) => flowRecord(report, this.#deps)));
  }
}
