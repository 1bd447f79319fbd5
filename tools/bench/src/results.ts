import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toError } from "@heddle/contracts";
import { BenchError } from "./bench-error.ts";
import { formatCsv } from "./csv.ts";
import { type Machine, parseMachine } from "./machine.ts";
import { drawPlots } from "./plot/draw-plots.ts";
import type { SuiteRun } from "./run-suite.ts";
import type { SummaryRow } from "./summary.ts";
import { formatSummary, parseSummary } from "./summary-file.ts";

/** The results of a run, as they are kept. */
export interface Results {
  readonly machine: Machine;
  readonly rows: readonly SummaryRow[];
}

const summaryFile = "summary.csv";
const machineFile = "machine.json";

/** Writes what is compared with later: a summary and the machine's description. */
export function writeResults(folder: string, { machine, rows }: Results): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, summaryFile), formatSummary(rows));
  writeFileSync(join(folder, machineFile), `${JSON.stringify(machine, undefined, 2)}\n`);
}

/** Draws the results. */
export function writePlots(folder: string, rows: readonly SummaryRow[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, plot] of drawPlots(rows)) writeFileSync(join(folder, name), plot);
}

/** Writes every single number, how the machine was in each round, and what failed. */
export function writeRuns(folder: string, runs: readonly SuiteRun[]): void {
  mkdirSync(folder, { recursive: true });
  const write = <T extends object, K extends keyof T & string>(
    name: string,
    columns: readonly K[],
    rows: readonly T[],
    cell: (row: T, column: K) => string | number,
  ): void => {
    const cells = rows.map((row) => columns.map((column) => cell(row, column)));
    writeFileSync(join(folder, `${name}.csv`), formatCsv(columns, cells));
  };
  write(
    "samples",
    ["suite", "test", "measure", "contestant", "round", "value"],
    runs.flatMap(({ samples }) => samples),
    (row, column) => row[column],
  );
  write(
    "rounds",
    ["suite", "round", "load", "steal"],
    runs.flatMap(({ rounds }) => rounds),
    (row, column) => row[column],
  );
  write(
    "failures",
    ["suite", "test", "contestant", "round", "reason"],
    runs.flatMap(({ failures }) => failures),
    (row, column) => row[column],
  );
}

/** @throws {BenchError} `bad-results` */
export function readResults(folder: string): Results {
  try {
    return {
      machine: parseMachine(readFileSync(join(folder, machineFile), "utf8")),
      rows: parseSummary(readFileSync(join(folder, summaryFile), "utf8")),
    };
  } catch (error) {
    const isThere = existsSync(folder);
    throw new BenchError({
      code: "bad-results",
      operation: "read results of",
      subject: folder,
      reason: isThere ? toError(error).message : "there is no such folder",
      hint: `it has to have ${summaryFile} and ${machineFile}, as an earlier run wrote them`,
      cause: error,
    });
  }
}
