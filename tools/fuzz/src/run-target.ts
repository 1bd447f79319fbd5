import type { FuzzTarget, Input, Run } from "./target.ts";

/** Something that must not be. */
export interface Violation {
  /** The oracle or ledger that says so. */
  readonly by: string;
  readonly what: string;
  /** The packet, where it is one packet's. */
  readonly run?: Run;
}

/** What became of a batch. */
export interface BatchResult {
  readonly runs: readonly Run[];
  /** Packets that the kernel did not take, such as one without a whole IP header. */
  readonly refused: number;
  readonly violations: readonly Violation[];
}

/** Runs the packets from a clean state, and judges each and what they left behind. */
export async function runBatch(target: FuzzTarget, inputs: readonly Input[]): Promise<BatchResult> {
  for (const ledger of target.ledgers) await ledger.open();
  const { runs, unknown } = await execute(target, inputs);
  const violations = [...unknown, ...judge(target, runs)];
  for (const ledger of target.ledgers) {
    const lines = await ledger.settle(runs);
    violations.push(...lines.map((what) => ({ by: ledger.name, what })));
  }
  return { runs, refused: inputs.length - runs.length - unknown.length, violations };
}

/** Runs them again in the opposite order; what became of each must be the same. */
export async function compareOrders(
  target: FuzzTarget,
  inputs: readonly Input[],
): Promise<readonly Violation[]> {
  for (const ledger of target.ledgers) await ledger.open();
  const { runs } = await execute(target, inputs);
  for (const ledger of target.ledgers) await ledger.open();
  const reversed = await execute(target, inputs.toReversed());
  const again = reversed.runs.toReversed();
  return runs.flatMap((run, index) => {
    const other = again[index];
    if (other !== undefined && sameFate(run, other)) return [];
    if (target.remembers?.(run) === true) return [];
    const what = `it was ${run.verdict} in one order, and ${String(other?.verdict)} or changed otherwise in the other`;
    return [{ by: orderOracle, what, run }];
  });
}

const orderOracle = "a packet's fate does not depend on others";

function sameFate(one: Run, other: Run): boolean {
  if (one.verdict !== other.verdict) return false;
  return one.verdict === "dropped" || Buffer.compare(one.after, other.after) === 0;
}

interface Executed {
  readonly runs: readonly Run[];
  readonly unknown: readonly Violation[];
}

async function execute(
  { program, netns, verdicts }: FuzzTarget,
  inputs: readonly Input[],
): Promise<Executed> {
  const packets = inputs.map(({ frame: data, context }) => ({ data, context }));
  const outcomes = await program.testRuns({ packets, ...(netns === undefined ? {} : { netns }) });
  const runs: Run[] = [];
  const unknown: Violation[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const input = inputs[index];
    if (input === undefined || outcome.refused !== undefined) continue;
    const verdict = verdicts[outcome.returnValue];
    const run: Run = { ...input, verdict: verdict ?? "passed", after: outcome.data };
    if (verdict !== undefined) runs.push(run);
    else unknown.push({ by: "verdicts", what: `it returned ${String(outcome.returnValue)}`, run });
  }
  return { runs, unknown };
}

function judge({ oracles }: FuzzTarget, runs: readonly Run[]): readonly Violation[] {
  const violations: Violation[] = [];
  for (const run of runs) {
    for (const oracle of oracles) {
      const what = oracle.judge(run);
      if (what !== undefined) violations.push({ by: oracle.name, what, run });
    }
  }
  return violations;
}
