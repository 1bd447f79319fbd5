import { chooseContext } from "./context.ts";
import { describeFailure } from "./failure.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { compareOrders, runBatch, type Violation } from "./run-target.ts";
import { shrink } from "./shrink.ts";
import type { FuzzTarget, Input, Verdict } from "./target.ts";

/** How long to go on. */
export interface FuzzOptions {
  /** The same seed, target and number of packets give the same packets. 32 bits. */
  readonly seed: number;
  /** How many packets the program has to have seen. */
  readonly packets: number;
}

/** What a campaign was made of: one that drops everything, or passes everything, shows little. */
export interface Tally {
  /** Packets that the program saw. */
  readonly packets: number;
  /** Packets that the kernel did not take. */
  readonly refused: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
}

/** Packets that begin in a clean state together. */
const batchSize = 4096;
/** Frames without mistakes that a batch is made from. */
const frames = 96;
/** One batch in so many is also run in the opposite order. */
const ordered = 8;

/**
 * Throws packets at a program until it has seen as many as wanted.
 *
 * @throws {Error} at the first violation, with the fewest and shortest packets that show it
 */
export async function fuzz(target: FuzzTarget, { seed, packets }: FuzzOptions): Promise<Tally> {
  const random = new Random(seed);
  const verdicts = { passed: 0, redirected: 0, dropped: 0 };
  let seen = 0;
  let refused = 0;
  for (let batch = 0; seen < packets; batch++) {
    const inputs = makeBatch(target, random, Math.min(batchSize, packets - seen));
    const result = await runBatch(target, inputs);
    await report(target, seed, inputs, result.violations, runBatchAgain);
    if (batch % ordered === 0) {
      await report(target, seed, inputs, await compareOrders(target, inputs), compareOrders);
    }
    for (const { verdict } of result.runs) verdicts[verdict]++;
    seen += result.runs.length;
    refused += result.refused;
    if (batch > 100 && seen < refused) throw new Error(`${target.name}: the kernel takes too few`);
  }
  return { packets: seen, refused, verdicts };
}

function makeBatch(target: FuzzTarget, random: Random, size: number): readonly Input[] {
  const corpus = Array.from({ length: frames }, () => target.validFrame(random));
  return Array.from({ length: size }, () => ({
    frame: (target.mutate ?? mutate)(random.pick(corpus), random.pick(corpus), random),
    context: chooseContext(random, target.contexts),
  }));
}

type Check = (target: FuzzTarget, inputs: readonly Input[]) => Promise<readonly Violation[]>;

const runBatchAgain: Check = async (target, inputs) => (await runBatch(target, inputs)).violations;

async function report(
  target: FuzzTarget,
  seed: number,
  inputs: readonly Input[],
  violations: readonly Violation[],
  check: Check,
): Promise<void> {
  const [first] = violations;
  if (first === undefined) return;
  const { run, by } = first;
  const failure = async (some: readonly Input[]): Promise<Violation | undefined> =>
    (await check(target, some)).find((violation) => violation.by === by);
  // Most failures are one packet's, which is tried first.
  const alone = run === undefined ? [] : [{ frame: run.frame, context: run.context }];
  const start = alone.length > 0 && (await failure(alone)) !== undefined ? alone : inputs;
  const few = await shrink(start, async (some) => (await failure(some)) !== undefined);
  const last = (await failure(few)) ?? first;
  throw new Error(describeFailure({ target, seed, violation: last, inputs: few }));
}
