import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { OpenSuite, Suite, Test } from "../suite.ts";
import { parseReportLine } from "./report-line.ts";

/** A suite whose numbers come from programs of their own, so that each begins with nothing. */
export interface ChildSuiteOptions extends Omit<Suite, "open"> {
  /** Path of the program. It is given the test and the contestant, and writes a `ReportLine` for each measure. */
  readonly program: string;
  /**
   * Milliseconds that a measurement may take.
   *
   * @defaultValue 180000
   */
  readonly timeout?: number;
  /**
   * Only tries out whether it can be measured.
   *
   * @defaultValue false
   */
  readonly quick?: boolean;
}

export function childSuite(options: ChildSuiteOptions): Suite {
  const { program, timeout = 180_000, quick = false, ...suite } = options;
  const flags = ["--conditions=heddle-source", "--expose-gc"];
  const pace = quick ? ["quick"] : [];
  const command = (test: string, contestant: string): readonly string[] => [
    ...flags,
    program,
    test,
    contestant,
    ...pace,
  ];
  return {
    ...suite,
    open: (contestants) => {
      const stranger = contestants.find((name) => !suite.contestants.includes(name));
      if (stranger === undefined) {
        return Promise.resolve(new ChildSuite(suite.tests, command, timeout));
      }
      return Promise.reject(
        new Error(`open suite ${suite.name}: it has no contestant ${stranger}`),
      );
    },
  };
}

class ChildSuite implements OpenSuite {
  readonly #tests: readonly Test[];
  readonly #command: (test: string, contestant: string) => readonly string[];
  readonly #timeout: number;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    tests: readonly Test[],
    command: (test: string, contestant: string) => readonly string[],
    timeout: number,
  ) {
    this.#tests = tests;
    this.#command = command;
    this.#timeout = timeout;
  }

  async run(test: string, contestant: string): Promise<Readonly<Record<string, number>>> {
    const running = this.#measure(test, contestant);
    this.#running.add(running);
    try {
      const values = await running;
      this.#check(test, contestant, Object.keys(values));
      return values;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Lets what runs clean up after itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }

  async #measure(test: string, contestant: string): Promise<Readonly<Record<string, number>>> {
    const child = spawn(process.execPath, this.#command(test, contestant), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = (): void => void child.kill("SIGTERM");
    this.#closing.signal.addEventListener("abort", stop);
    const timer = setTimeout(stop, this.#timeout);
    const [output, complaints, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    clearTimeout(timer);
    this.#closing.signal.removeEventListener("abort", stop);
    if (code === 0) return readReport(output);
    const end = signal === null ? `code ${String(code)}` : String(signal);
    throw new Error(`measure ${test} of ${contestant}: it ended with ${end}\n${complaints.trim()}`);
  }

  #check(test: string, contestant: string, told: readonly string[]): void {
    const measures = this.#tests.find(({ name }) => name === test)?.measures ?? [];
    const missing = new Set(measures.map(({ name }) => name)).symmetricDifference(new Set(told));
    if (missing.size === 0) return;
    throw new Error(
      `measure ${test} of ${contestant}: it told ${told.join(", ")}; what differs is ${[...missing].join(", ")}`,
    );
  }
}

function readReport(output: string): Readonly<Record<string, number>> {
  const lines = output.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map(parseReportLine).map(({ measure, value }) => [measure, value]),
  );
}
