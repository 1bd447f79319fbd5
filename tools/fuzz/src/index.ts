/**
 * Random and mutated packets through BPF programs, with oracles for what becomes of them.
 *
 * @module
 */
export { type Flaw, type FlawKind, findFlaws } from "./flaws.ts";
export { fuzz, type FuzzOptions, type Tally } from "./fuzz.ts";
export { findLandmarks, type Landmarks, word } from "./landmarks.ts";
export { mutate } from "./mutate.ts";
export { campaignOf } from "./options.ts";
export {
  allowsNothingMalformed,
  forwardedProblem,
  leavesUntouched,
  type Leniency,
  type Rewrite,
  type WellFormedOptions,
} from "./oracles.ts";
export { Random } from "./random.ts";
export type { FuzzTarget, Input, Ledger, Oracle, Run, Verdict } from "./target.ts";
export { type Traffic, validFrame } from "./valid-packets.ts";
