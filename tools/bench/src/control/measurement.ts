import { constants } from "node:os";
import { createLogger, type Logger, toError } from "@heddle/contracts";
import { formatReportLine } from "./report-line.ts";

/** What a measurement is given. */
export interface Measurement {
  /** The test that is asked for. */
  readonly test: string;
  /** The number at the end of the contestant's name: 100 of `pods-100`. */
  readonly size: number;
  /** Whether it is only tried out: numbers need not be good. */
  readonly quick: boolean;
  readonly own: Own;
  readonly report: (measure: string, value: number) => void;
}

/**
 * Takes what is made for a measurement, which is disposed of in the end: the last one first, and also what is
 * still being made when the end comes early.
 */
export type Own = <T extends AsyncDisposable | Disposable>(made: T | Promise<T>) => Promise<T>;

/** Runs a measurement as this process: `node PROGRAM TEST CONTESTANT [quick]`. A signal ends it early. */
export async function runMeasurement(
  body: (measurement: Measurement) => Promise<void>,
): Promise<void> {
  const [, , test = "", contestant = "", pace] = process.argv;
  const belongings = new Belongings();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  let exitCode = 0;
  try {
    const ended = body({
      test,
      size: Number(/\d+$/.exec(contestant)?.[0]),
      quick: pace === "quick",
      own: (made) => belongings.add(made),
      report: (measure, value) => console.log(formatReportLine({ measure, value })),
    });
    ended.catch(() => undefined);
    const signal = await Promise.race([ended, stopped]);
    if (signal !== undefined) exitCode = 128 + constants.signals[signal];
  } catch (error) {
    console.error(toError(error).stack);
    exitCode = 1;
  }
  await belongings.dispose();
  // What was given up may still wait for something.
  process.exit(exitCode);
}

class Belongings {
  readonly #stack = new AsyncDisposableStack();
  readonly #making = new Set<Promise<unknown>>();

  async add<T extends AsyncDisposable | Disposable>(made: T | Promise<T>): Promise<T> {
    const adding = this.#add(made);
    this.#making.add(adding);
    try {
      return await adding;
    } finally {
      this.#making.delete(adding);
    }
  }

  async dispose(): Promise<void> {
    await this.#stack.disposeAsync();
    await Promise.allSettled(this.#making);
  }

  async #add<T extends AsyncDisposable | Disposable>(made: T | Promise<T>): Promise<T> {
    const thing = await made;
    if (!this.#stack.disposed) return this.#stack.use(thing);
    await using late = new AsyncDisposableStack();
    late.use(thing);
    throw new Error("the measurement has ended");
  }
}

/** Tells what went wrong, for the case that a measurement comes to no end. */
export const complaints: Logger = createLogger(({ message, fields }) => {
  console.error(message, fields);
}, "warn");

/** Bytes that live on in this process, of JavaScript and of what it holds outside. Needs `--expose-gc`. */
export function liveBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** As measures show memory. */
export function megabytes(bytes: number): number {
  return bytes / 1e6;
}
