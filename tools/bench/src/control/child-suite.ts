import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { OpenSuite, Suite } from "../suite.ts";
import { parseReportLine } from "./report-line.ts";

/** A suite whose numbers come from programs of their own, so that each begins with nothing. */
export interface ChildSuiteOptions extends Omit<Suite, "open"> {
  /** Path of the program. It is given the test and the contestant, and writes a `ReportLine` per measure. */
  readonly program: string;
}

export function childSuite({ program, ...suite }: ChildSuiteOptions): Suite {
  return {
    ...suite,
    open: async (contestants) => {
      for (const name of contestants) {
        if (!suite.contestants.includes(name)) {
          throw new Error(`open suite ${suite.name}: it has no contestant ${name}`);
        }
      }
      return new ChildSuite(program);
    },
  };
}

class ChildSuite implements OpenSuite {
  readonly #program: string;
  /** Programs that run, with their ends. */
  readonly #running = new Map<ReturnType<typeof spawn>, Promise<unknown>>();

  constructor(program: string) {
    this.#program = program;
  }

  async run(test: string, contestant: string): Promise<Readonly<Record<string, number>>> {
    const flags = ["--conditions=heddle-source", "--expose-gc"];
    const child = spawn(process.execPath, [...flags, this.#program, test, contestant], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close");
    this.#running.set(child, ended);
    try {
      const [output, complaints, [code, signal]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        ended,
      ]);
      if (code !== 0) {
        const end = signal === null ? `code ${String(code)}` : String(signal);
        throw new Error(
          `measure ${test} of ${contestant}: ended with ${end}: ${complaints.trim()}`,
        );
      }
      const lines = output.split("\n").filter((line) => line !== "");
      return Object.fromEntries(
        lines.map(parseReportLine).map(({ measure, value }) => [measure, value]),
      );
    } finally {
      this.#running.delete(child);
    }
  }

  /** Lets what runs clean up after itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#running];
    for (const [child] of running) child.kill("SIGTERM");
    await Promise.all(running.map(([, ended]) => ended));
  }
}
