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
  readonly test: string;
  readonly contestant: string;
  readonly round: number;
  readonly reason: string;
}

/** How the machine was during a round. */
export interface Round extends Conditions {
  readonly suite: string;
  readonly round: number;
}

export interface SuiteRun {
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
  readonly rounds: readonly Round[];
}

export interface RunDeps {
  readonly shuffle: <T>(things: readonly T[]) => readonly T[];
  /** Begins to watch the machine, and gives what tells how it was since. */
  readonly watch: Watch;
  readonly report: (line: string) => void;
}

/** Runs the rounds of a suite. Once it is aborted, gives what there is. */
export async function runSuite(
  deps: RunDeps,
  request: SuiteRequest,
  options: OpenOptions,
): Promise<SuiteRun> {
  const { suite, contestants, rounds } = request;
  const run = {
    samples: new Array<Sample>(),
    failures: new Array<Failure>(),
    rounds: new Array<Round>(),
  };
  deps.report(`${suite.name}: setting up ${contestants.join(", ")}`);
  await using open = await suite.open(contestants, options);
  deps.report(`${suite.name}: measuring, ${String(rounds)} rounds`);
  for (let round = 0; round < rounds; round++) {
    if (options.signal?.aborted === true) break;
    const conditions = deps.watch();
    await runRound(deps, request, open, round, run, options.signal);
    const state = conditions();
    run.rounds.push({ suite: suite.name, round, ...state });
    deps.report(
      `${suite.name}: round ${String(round + 1)} of ${String(rounds)}, load ${state.load.toFixed(1)}, ` +
        `${state.steal.toFixed(1)} % taken by other machines`,
    );
  }
  return run;
}

async function runRound(
  { shuffle, report }: RunDeps,
  { suite, tests, contestants }: SuiteRequest,
  open: OpenSuite,
  round: number,
  run: { readonly samples: Sample[]; readonly failures: Failure[] },
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
