import { constants } from "node:os";
import { createLogger, type Logger, toError } from "@heddle/contracts";
import { formatReportLine } from "./report-line.ts";

/** What a measurement is given. */
export interface Measurement {
  /** The test that is asked for. */
  readonly test: string;
  /** A number at the end of the contestant's name: `pods-100`. */
  readonly size: number;
  /** Whatever is made for it is disposed of at the end, also when that comes early. */
  readonly stack: AsyncDisposableStack;
  report(measure: string, value: number): void;
}

/** Runs a measurement as this process: `node PROGRAM TEST CONTESTANT`. */
export async function runMeasurement(
  body: (measurement: Measurement) => Promise<void>,
): Promise<void> {
  const [, , test = "", contestant = ""] = process.argv;
  const stack = new AsyncDisposableStack();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  const report = (measure: string, value: number): void => {
    console.log(formatReportLine({ measure, value }));
  };
  const size = Number(/\d+$/.exec(contestant)?.[0]);
  let exitCode = 0;
  try {
    const ended = body({ test, size, stack, report });
    const signal = await Promise.race([ended, stopped]);
    if (signal !== undefined) exitCode = 128 + constants.signals[signal];
    ended.catch(() => undefined);
  } catch (error) {
    console.error(toError(error).stack);
    exitCode = 1;
  }
  await stack.disposeAsync();
  process.exit(exitCode);
}

/** Tells what went wrong, for the case that the measurement comes to no end. */
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
