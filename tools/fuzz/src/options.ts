import { randomInt } from "node:crypto";

/** How much a run of the tests is to do. */
export interface Campaign {
  readonly seed: number;
  /** Packets for all targets together. */
  readonly packets: number;
}

/** What CI runs. */
const defaultPackets = 1_000_000;

/**
 * `HEDDLE_FUZZ_SEED`, or a fresh one; `HEDDLE_FUZZ_PACKETS`, or a million.
 *
 * @throws {Error} when one is not a whole number
 */
export function campaignOf(env: Readonly<Record<string, string | undefined>>): Campaign {
  const seed = wholeNumber(env, "HEDDLE_FUZZ_SEED") ?? randomInt(2 ** 32);
  return { seed, packets: wholeNumber(env, "HEDDLE_FUZZ_PACKETS") ?? defaultPackets };
}

function wholeNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new Error(`${name} is "${text}", which is no whole number`);
}
