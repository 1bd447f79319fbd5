import { randomInt } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { type BenchRequest, parseCommandLine, usage } from "./command-line.ts";
import { watchMachine } from "./conditions.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { createShuffle } from "./order.ts";
import { repository } from "./repository.ts";
import { readResults, type Results, writeResults, writeRuns } from "./results.ts";
import { runSuite, type SuiteRun } from "./run-suite.ts";
import type { Suite } from "./suite.ts";
import { suites } from "./suites.ts";
import { summarise } from "./summary.ts";
import { drawTable } from "./table.ts";

const say = (line: string): void => console.log(line);
const report = (line: string): void => console.error(`bench: ${line}`);

/** Does what the command line asks for, and gives the exit code. */
export async function runBench(args: readonly string[], stop: AbortSignal): Promise<number> {
  const request = parseCommandLine(args, suites, randomInt(2 ** 31));
  if (request.help) say(usage);
  else if (request.list) for (const suite of suites) listSuite(suite);
  else return await measure(request, stop);
  return 0;
}

function listSuite({ name, description, tests, contestants }: Suite): void {
  say(`${name}: ${description}`);
  say(`  tests: ${tests.map((test) => test.name).join(", ")}`);
  say(`  contestants: ${contestants.join(", ")}`);
}

async function measure(request: BenchRequest, stop: AbortSignal): Promise<number> {
  if (request.from !== undefined) {
    conclude(request, readResults(request.from));
    return 0;
  }
  const machine = describeMachine(new Date());
  const runs = await runAll(request, stop);
  const rows = request.requests.flatMap(({ suite }, index) =>
    summarise(suite, runs[index]?.samples ?? []),
  );
  if (rows.length > 0) {
    const folder = request.output ?? defaultFolder(machine);
    writeResults(folder, { machine, rows });
    writeRuns(folder, runs);
    conclude(request, { machine, rows });
    say(`\nEverything is in ${folder}`);
  }
  const failures = runs.flatMap((run) => run.failures);
  for (const { suite, test, contestant, round, reason } of failures) {
    say(`failed: ${suite} ${test} ${contestant}, round ${String(round + 1)}: ${reason}`);
  }
  return failures.length > 0 ? 1 : 0;
}

async function runAll(
  { requests, seed, seconds }: BenchRequest,
  signal: AbortSignal,
): Promise<readonly SuiteRun[]> {
  report(`the order is of --seed ${String(seed)}`);
  warnOfLoad(loadavg()[0] ?? 0);
  const runs: SuiteRun[] = [];
  for (const request of requests) {
    if (signal.aborted) break;
    const deps = { shuffle: createShuffle(seed), watch: watchMachine, report };
    const options = { signal, ...(seconds !== undefined && { seconds }) };
    runs.push(await runSuite(deps, request, options));
  }
  return runs;
}

function warnOfLoad(load: number): void {
  const processors = availableParallelism();
  if (load <= processors / 2) return;
  report(
    `the machine is busy, with a load of ${load.toFixed(1)} on ${String(processors)} processors: ` +
      "numbers will vary, and be too small",
  );
}

function defaultFolder({ date }: Machine): string {
  return join(repository, ".heddle/bench", date.slice(0, 19).replaceAll(":", "."));
}

function conclude(_request: BenchRequest, { machine, rows }: Results): void {
  say(describe(machine));
  for (const [test, own] of Map.groupBy(rows, (row) => `${row.suite}: ${row.test}`)) {
    say(`\n${test}`);
    for (const line of drawTable(own)) say(`  ${line}`);
  }
}

function describe({ processor, processors, memory, kernel, node, commit }: Machine): string {
  return `${processor}, ${String(processors)} processors, ${String(memory)} GiB, Linux ${kernel}, Node ${node}, commit ${commit}`;
}
