import { describePacket, parsePacket } from "@heddle/packet";
import type { Violation } from "./run-target.ts";
import type { FuzzTarget, Input } from "./target.ts";

export interface Failure {
  readonly target: FuzzTarget;
  readonly seed: number;
  readonly violation: Violation;
  /** The fewest packets that show it. */
  readonly inputs: readonly Input[];
}

/** Packets that are printed. */
const mostPrinted = 4;

/** A failure for people: what, which packets, and how to see it again. */
export function describeFailure({ target, seed, violation, inputs }: Failure): string {
  const { by, what, run } = violation;
  const rest = inputs.length - mostPrinted;
  return [
    `${target.name}: ${by}: ${what}`,
    ...inputs.slice(0, mostPrinted).flatMap(describeInput),
    ...(rest > 0 ? [`  and ${String(rest)} more`] : []),
    ...(run === undefined ? [] : [`  ${run.verdict}: ${hex(run.after)}`]),
    `  again: HEDDLE_FUZZ_SEED=${String(seed)}`,
  ].join("\n");
}

function describeInput({ frame, context }: Input): readonly string[] {
  const description = describePacket(parsePacket(frame, { linkType: "ethernet" }));
  return [`  ${description}`, `    ${hex(frame)}`, `    context ${JSON.stringify(context)}`];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
