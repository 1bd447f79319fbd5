import { randomInt } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { type BenchRequest, parseCommandLine, usage } from "./command-line.ts";
import { compareResults, describeComparison } from "./compare.ts";
import { describeDisturbed, watchMachine } from "./conditions.ts";
import { keepResults, newestKept } from "./keep.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { describeFailures } from "./failures.ts";
import { createShuffle } from "./order.ts";
import { readResults, type Results, writePlots, writeResults, writeRuns } from "./results.ts";
import { runSuite, type SuiteRun } from "./run-suite.ts";
import type { Suite } from "./suite.ts";
import { summarise } from "./summary.ts";
import { drawTable } from "./table.ts";

export interface BenchDeps {
  readonly suites: readonly Suite[];
  /** The root of the repository, where results are kept. */
  readonly root: string;
  /** What was asked for. */
  readonly say: (line: string) => void;
  /** How it goes on. */
  readonly report: (line: string) => void;
}

/** How the benchmark ended, as an exit code. */
export const exitCodes = { good: 0, failed: 1, regressed: 2 } as const;

/**
 * Does what the command line asks for, and gives the exit code. Once it is stopped, takes down what was set up and
 * concludes from what there is.
 *
 * @throws {BenchError}
 */
export async function runBench(
  deps: BenchDeps,
  args: readonly string[],
  stop: AbortSignal,
): Promise<number> {
  const request = parseCommandLine(args, deps.suites, randomInt(2 ** 31));
  if (request.help) deps.say(usage);
  else if (request.list) for (const suite of deps.suites) listSuite(deps, suite);
  else return await measureOrRead(deps, request, stop);
  return exitCodes.good;
}

function listSuite({ say }: BenchDeps, { name, description, tests, contestants }: Suite): void {
  say(`${name}: ${description}`);
  say(`  tests: ${tests.map((test) => test.name).join(", ")}`);
  say(`  contestants: ${contestants.join(", ")}`);
}

async function measureOrRead(
  deps: BenchDeps,
  request: BenchRequest,
  stop: AbortSignal,
): Promise<number> {
  // What cannot be compared with is told before an hour is spent.
  const before = readBefore(deps, request);
  if (request.from === undefined) return await measure(deps, request, before, stop);
  return conclude(deps, request, readResults(request.from), before);
}

function readBefore({ root }: BenchDeps, { compare }: BenchRequest): Results | undefined {
  const folder = compare === "none" ? undefined : (compare ?? newestKept(root));
  return folder === undefined ? undefined : readResults(folder);
}

async function measure(
  deps: BenchDeps,
  request: BenchRequest,
  before: Results | undefined,
  stop: AbortSignal,
): Promise<number> {
  const machine = describeMachine(new Date());
  const runs = await runAll(deps, request, stop);
  const rows = request.requests.flatMap(({ suite }, index) =>
    summarise(suite, runs[index]?.samples ?? []),
  );
  const failures = runs.flatMap((run) => run.failures);
  let code: number = exitCodes.good;
  if (rows.length > 0) {
    const folder = request.output ?? defaultFolder(deps.root, machine);
    writeRuns(folder, runs);
    writeResults(folder, { machine, rows });
    writePlots(folder, rows);
    const { keep, ...others } = request;
    const isWhole = keep !== undefined && !stop.aborted;
    code = conclude(deps, isWhole ? request : others, { machine, rows }, before);
    const rounds = runs.flatMap((run) => run.rounds);
    const disturbed = describeDisturbed(rounds, machine.processors);
    if (disturbed !== undefined) deps.say(`\n${disturbed}`);
    deps.say(`\nEverything is in ${folder}`);
  }
  for (const line of describeFailures(failures)) deps.say(line);
  return failures.length > 0 ? exitCodes.failed : code;
}

async function runAll(
  { report }: BenchDeps,
  { requests, seed, seconds }: BenchRequest,
  signal: AbortSignal,
): Promise<readonly SuiteRun[]> {
  report(`the order is of --seed ${String(seed)}`);
  warnOfLoad(report, loadavg()[0] ?? 0);
  const runs: SuiteRun[] = [];
  for (const request of requests) {
    if (signal.aborted) break;
    const deps = { shuffle: createShuffle(seed), watch: watchMachine, report };
    const options = { signal, ...(seconds !== undefined && { seconds }) };
    runs.push(await runSuite(deps, request, options));
  }
  return runs;
}

function warnOfLoad(report: BenchDeps["report"], load: number): void {
  const processors = availableParallelism();
  if (load <= processors / 2) return;
  const numbers = `a load of ${load.toFixed(1)} on ${String(processors)} processors`;
  report(`the machine is busy, with ${numbers}: what is measured will vary more than it has to`);
}

function defaultFolder(root: string, { date }: Machine): string {
  return join(root, ".heddle/bench", date.slice(0, 19).replaceAll(":", "."));
}

/** Prints results and what moved, and keeps them where that is asked for. */
function conclude(
  { root, say }: BenchDeps,
  { failOnRegression, keep }: BenchRequest,
  results: Results,
  before: Results | undefined,
): number {
  say(describe(results.machine));
  for (const [test, own] of Map.groupBy(results.rows, (row) => `${row.suite}: ${row.test}`)) {
    say(`\n${test}`);
    for (const line of drawTable(own)) say(`  ${line}`);
  }
  if (keep !== undefined) keepResults(root, keep, results);
  if (before === undefined) return exitCodes.good;
  const comparison = compareResults(before, results);
  say(`\nSince commit ${before.machine.commit} of ${before.machine.date.slice(0, 10)}:`);
  for (const line of describeComparison(comparison)) say(line);
  const isWorse = comparison.moved.some(({ verdict }) => verdict === "worse");
  return isWorse && failOnRegression ? exitCodes.regressed : exitCodes.good;
}

function describe({ processor, processors, memory, kernel, node, commit }: Machine): string {
  const size = `${String(processors)} processors, ${String(memory)} GiB`;
  return `${processor}, ${size}, Linux ${kernel}, Node ${node}, commit ${commit}`;
}
