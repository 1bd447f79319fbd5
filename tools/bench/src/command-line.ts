import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.ts";
import type { SuiteRequest } from "./run-suite.ts";
import type { Suite } from "./suite.ts";
import { baselineOf } from "./summary.ts";

export const usage = `npm run bench -- [SUITE...] [OPTION...]

  --contestants A,B    who takes part; whom they are compared with is added
  --tests A,B          what is measured
  --rounds N           how often
  --seconds N          how long a sample takes, where a suite lets one choose
  --seed N             of the order of contestants
  --output FOLDER      where results go; .heddle/bench/DATE otherwise
  --from FOLDER        nothing is run: the results are those of an earlier run
  --compare FOLDER     tells what moved since those results; "none" does not. The newest that are kept otherwise
  --fail-on-regression ends with 2 when something became worse
  --keep NAME          keeps the results in tools/bench/results/NAME, and writes the page that shows them
  --list               shows suites, tests and contestants`;

/** What the command line asks for. */
export interface BenchRequest {
  readonly requests: readonly SuiteRequest[];
  readonly seconds?: number;
  readonly seed: number;
  readonly output?: string;
  readonly from?: string;
  /** `undefined` for the newest that are kept. */
  readonly compare?: string;
  readonly failOnRegression: boolean;
  readonly keep?: string;
  readonly list: boolean;
  readonly help: boolean;
}

const options = {
  contestants: { type: "string" },
  tests: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  seed: { type: "string" },
  output: { type: "string" },
  from: { type: "string" },
  compare: { type: "string" },
  "fail-on-regression": { type: "boolean", default: false },
  keep: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/**
 * Reads the command line.
 *
 * @param seed of the order, where the command line has none
 * @throws {BenchError} `bad-option`
 */
export function parseCommandLine(
  args: readonly string[],
  suites: readonly Suite[],
  seed: number,
): BenchRequest {
  const { values, positionals } = parseOptions(args);
  const { output, from, compare, keep, list, help } = values;
  const seconds = values.seconds === undefined ? undefined : parseSeconds(values.seconds);
  if (keep !== undefined) checkName(keep);
  return {
    requests: chooseSuites(suites, positionals, values),
    seed: values.seed === undefined ? seed : parseCount("--seed", values.seed, 0),
    failOnRegression: values["fail-on-regression"],
    list,
    help,
    ...(seconds !== undefined && { seconds }),
    ...(output !== undefined && { output }),
    ...(from !== undefined && { from }),
    ...(compare !== undefined && { compare }),
    ...(keep !== undefined && { keep }),
  };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badOption("command line", reason, "--help lists the options");
  }
}

interface Selection {
  readonly contestants?: string | undefined;
  readonly tests?: string | undefined;
  readonly rounds?: string | undefined;
}

function chooseSuites(
  suites: readonly Suite[],
  names: readonly string[],
  selection: Selection,
): readonly SuiteRequest[] {
  const known = suites.map(({ name }) => name);
  checkKnown("suite", names, known);
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));
  const contestants = listOf(selection.contestants);
  const tests = listOf(selection.tests);
  checkKnown(
    "contestant",
    contestants ?? [],
    chosen.flatMap((suite) => suite.contestants),
  );
  checkKnown(
    "test",
    tests ?? [],
    chosen.flatMap((suite) => suite.tests.map(({ name }) => name)),
  );
  const { rounds } = selection;
  const requests = chosen
    .map((suite) => ({
      suite,
      tests: suite.tests.filter(({ name }) => tests?.includes(name) ?? true),
      contestants: withBaselines(suite, contestants),
      rounds: rounds === undefined ? suite.rounds : parseCount("--rounds", rounds, 1),
    }))
    .filter((request) => request.tests.length > 0 && request.contestants.length > 0);
  if (requests.length > 0) return requests;
  throw badOption("command line", "no suite has both such tests and such contestants");
}

/** In the order of the suite, and with those whom they are compared with. */
function withBaselines(suite: Suite, names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return suite.contestants;
  const chosen = suite.contestants.filter((name) => names.includes(name));
  const needed = new Set(chosen.flatMap((name) => [name, baselineOf(suite, name) ?? name]));
  return suite.contestants.filter((name) => needed.has(name));
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").filter((name) => name !== "");
}

function checkKnown(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw badOption(
    `${what} ${unknown.join(", ")}`,
    "there is none",
    `there are ${known.join(", ")}`,
  );
}

function parseCount(option: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw badOption(`${option} ${text}`, `it is a whole number of at least ${String(least)}`);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text !== "" && seconds >= 0.01 && seconds <= 60) return seconds;
  throw badOption(`--seconds ${text}`, "it is a number from 0.01 to 60");
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw badOption(`--keep ${name}`, "it is 1 to 64 letters, digits, dots, hyphens and underscores");
}

function badOption(subject: string, reason: string, hint?: string): BenchError {
  return new BenchError({ code: "bad-option", operation: "read", subject, reason, hint });
}
