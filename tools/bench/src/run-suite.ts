import { toError } from "@heddle/contracts";
import type { Conditions, Watch } from "./conditions.ts";
import type { OpenOptions, OpenSuite, Sample, Suite, Test } from "./suite.ts";

/** What of a suite is run. */
export interface SuiteRequest {
  readonly suite: Suite;
  readonly tests: readonly Test[];
  readonly contestants: readonly string[];
  readonly rounds: number;
}

/** A sample that gave no numbers. */
export interface Failure {
  readonly suite: string;
  /** Empty, as is the contestant, where it was the suite itself that failed. */
  readonly test: string;
  readonly contestant: string;
  readonly round: number;
  readonly reason: string;
}

/** How the machine was during a round. */
interface Round extends Conditions {
  readonly suite: string;
  readonly round: number;
}

export interface SuiteRun {
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
  readonly rounds: readonly Round[];
}

/** The same while it comes about. */
interface Collected {
  readonly samples: Sample[];
  readonly failures: Failure[];
  readonly rounds: Round[];
}

export interface RunDeps {
  readonly shuffle: <T>(things: readonly T[]) => readonly T[];
  /** Begins to watch the machine, and gives what tells how it was since. */
  readonly watch: Watch;
  readonly report: (line: string) => void;
}

/** Runs the rounds of a suite, and takes it down. Gives what there is, also when it was aborted or the suite failed. */
export async function runSuite(
  deps: RunDeps,
  request: SuiteRequest,
  options: OpenOptions,
): Promise<SuiteRun> {
  const run: Collected = { samples: [], failures: [], rounds: [] };
  const { name: suite } = request.suite;
  try {
    await runRounds(deps, request, options, run);
  } catch (error) {
    const isAsked = options.signal?.aborted === true && error === options.signal.reason;
    const reason = toError(error).message;
    if (!isAsked)
      run.failures.push({ suite, test: "", contestant: "", round: run.rounds.length, reason });
  }
  return run;
}

async function runRounds(
  deps: RunDeps,
  request: SuiteRequest,
  options: OpenOptions,
  run: Collected,
): Promise<void> {
  const { suite, contestants, rounds } = request;
  deps.report(`${suite.name}: setting up ${contestants.join(", ")}`);
  await using open = await suite.open(contestants, options);
  deps.report(`${suite.name}: measuring, ${String(rounds)} rounds`);
  for (let round = 0; round < rounds; round++) {
    if (options.signal?.aborted === true) return;
    const conditions = deps.watch();
    await runRound(deps, request, open, round, run, options.signal);
    const { load, steal } = conditions();
    run.rounds.push({ suite: suite.name, round, load, steal });
    deps.report(
      `${suite.name}: round ${String(round + 1)} of ${String(rounds)}, load ${load.toFixed(1)}, ` +
        `${steal.toFixed(1)} % taken by other machines`,
    );
  }
}

async function runRound(
  { shuffle, report }: RunDeps,
  { suite, tests, contestants }: SuiteRequest,
  open: OpenSuite,
  round: number,
  run: Collected,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const test of tests) {
    for (const contestant of shuffle(contestants)) {
      const place = { suite: suite.name, test: test.name, contestant, round };
      try {
        const values = await open.run(test.name, contestant);
        run.samples.push(
          ...test.measures.map(({ name: measure }) => ({
            ...place,
            measure,
            value: checked(values[measure], measure),
          })),
        );
      } catch (error) {
        if (signal?.aborted === true) return;
        const reason = toError(error).message;
        run.failures.push({ ...place, reason });
        report(`${suite.name}: ${test.name} of ${contestant} failed: ${reason}`);
      }
    }
  }
}

function checked(value: number | undefined, measure: string): number {
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new Error(`it gave ${String(value)} for ${measure}`);
}
