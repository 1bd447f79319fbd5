import { setImmediate as nextTurn } from "node:timers/promises";

/** How long something took, in milliseconds. */
export interface Stall {
  /** As a clock saw it, with what the machine did for others meanwhile. */
  readonly wall: number;
  /** What this thread worked, garbage collection included. */
  readonly work: number;
}

/** Watches for turns of the event loop that take long. */
export class StallWatch implements Disposable {
  #wall = 0;
  #work = 0;
  #last = clocks();
  #turn: NodeJS.Immediate;

  constructor() {
    this.#turn = setImmediate(() => this.#look());
  }

  /** The longest turn since the last call. */
  read(): Stall {
    const stall = { wall: this.#wall, work: this.#work };
    this.#wall = 0;
    this.#work = 0;
    this.#last = clocks();
    return stall;
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#turn);
  }

  #look(): void {
    const current = clocks();
    this.#wall = Math.max(this.#wall, current.wall - this.#last.wall);
    this.#work = Math.max(this.#work, current.work - this.#last.work);
    this.#last = current;
    this.#turn = setImmediate(() => this.#look());
  }
}

/** What both clocks say. */
export function clocks(): Stall {
  const { user, system } = process.threadCpuUsage();
  return { wall: performance.now(), work: (user + system) / 1000 };
}

/** Does `step` for each number below `count`, `perTurn` in a turn of the event loop. */
export async function inTurns(
  count: number,
  perTurn: number,
  step: (index: number) => void,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    step(index);
    if (index % perTurn === perTurn - 1) await nextTurn();
  }
}

/** The value below which `part` of the samples are. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = Float64Array.from(samples).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** A stall as results. */
export function stallResults(when: string, { wall, work }: Stall): Record<string, number> {
  return { [`longest turn ${when}, ms`]: wall, [`work of the longest turn ${when}, ms`]: work };
}

/** Prints results: a line each, or as JSON when `--json` was given. */
export function report(results: Readonly<Record<string, number>>): void {
  const rounded = Object.entries(results).map(([name, value]) => [
    name,
    Number(value.toPrecision(4)),
  ]);
  if (process.argv.includes("--json")) console.log(JSON.stringify(Object.fromEntries(rounded)));
  else for (const [name, value] of rounded) console.log(`${String(value).padStart(12)}  ${name}`);
}
