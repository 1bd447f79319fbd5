import { type Flaw, findFlaws } from "./flaws.ts";
import type { Oracle, Run, Verdict } from "./target.ts";

/** Flaws that a program lets go on by design, with the reason. */
export interface Leniency {
  readonly flaw: Flaw["kind"];
  readonly why: string;
}

/** Leaves frames to whom they are for that are not whole. */
export interface WellFormedOptions {
  /** Verdicts with which a packet goes on. */
  readonly allows: readonly Verdict[];
  readonly lenient: readonly Leniency[];
  /** Packets that are none of the program's business. */
  readonly ignores?: (run: Run) => boolean;
}

/** No malformed packet goes on. */
export function allowsNothingMalformed(options: WellFormedOptions): Oracle {
  const { allows, lenient, ignores = () => false } = options;
  const excused = new Set(lenient.map(({ flaw }) => flaw));
  return {
    name: "no malformed packet goes on",
    judge(run) {
      if (!allows.includes(run.verdict) || ignores(run)) return undefined;
      const flaw = findFlaws(run.frame, run.context.gsoSize).find(({ kind }) => !excused.has(kind));
      return flaw && `it was ${run.verdict}, and of ${flaw.layer} ${flaw.reason}`;
    },
  };
}

/** What is left to the kernel is left as it was. */
export const leavesUntouched: Oracle = {
  name: "what is passed on is untouched",
  judge({ verdict, frame, after }) {
    if (verdict !== "passed" || Buffer.compare(frame, after) === 0) return undefined;
    return "it was passed on and changed";
  },
};

/** How a forwarded frame's link-layer header is to look. */
export interface Rewrite {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
}

/**
 * One hop further and nothing else: the TTL is one less, IPv4's checksum follows it, and the MAC addresses are those of
 * the next hop. Says what is different.
 */
export function forwardedProblem(run: Run, rewrite: Rewrite | undefined): string | undefined {
  const { frame, after } = run;
  const expected = frame.slice();
  if (rewrite !== undefined) expected.set([...rewrite.destination, ...rewrite.source]);
  const ttl = frame[12] === 8 ? 22 : 21;
  expected[ttl] = (frame[ttl] ?? 0) - 1;
  if ((frame[ttl] ?? 0) <= 1) return "its TTL was used up";
  if (frame[12] === 8) {
    if (checksumClass(frame) !== checksumClass(after))
      return "the checksum does not follow the TTL";
    expected.set(after.subarray(24, 26), 24);
  }
  const at = expected.findIndex((byte, index) => byte !== after[index]);
  if (at >= 0) return `byte ${String(at)} is not what it should be`;
  return after.length === frame.length ? undefined : "its length changed";
}

/** The sum over an IPv4 header: the same as long as the checksum is as right, or as wrong, as before. */
function checksumClass(frame: Uint8Array): number {
  const end = 14 + 4 * ((frame[14] ?? 0) & 15);
  let sum = 0;
  for (let at = 14; at < end; at += 2) sum += ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  return sum % 0xffff;
}
