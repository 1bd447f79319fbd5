import { LabError } from "../lab-error.ts";

/** How a direction of a link treats packets. What is not given does not happen. */
export interface Impairment {
  /** The share of packets that are lost, from 0 to 1. */
  readonly loss?: number;
  /** The share of the others that come twice, from 0 to 1. */
  readonly duplicate?: number;
  /** The share of the others that are held for `gap` longer, so that later ones overtake them, from 0 to 1. */
  readonly reorder?: number;
  /** For how long every packet is held, in milliseconds: up to 10 s. */
  readonly delay?: number;
  /**
   * For how much longer a packet is held that others are to overtake, in milliseconds: up to 10 s.
   *
   * @defaultValue 10
   */
  readonly gap?: number;
  /**
   * The fate of a direction's n-th packet is a function of this and n alone: a whole number, 0 to 4294967295.
   *
   * @defaultValue 1
   */
  readonly seed?: number;
}

/** What a direction of a link is, seen from the host: what it sends (`from`), or what it gets (`to`). */
export type ImpairedDirection = "from" | "to";

/** An impairment with everything decided. */
export type FullImpairment = Required<Impairment>;

/** In milliseconds. */
const maxHold = 10_000;
const maxSeed = 0xffff_ffff;

const nothing: FullImpairment = { loss: 0, duplicate: 0, reorder: 0, delay: 0, gap: 10, seed: 1 };

/**
 * Decides what is not given.
 *
 * @throws {LabError} `bad-option`
 */
export function completeImpairment(given: Impairment): FullImpairment {
  const full = { ...nothing, ...given };
  for (const share of ["loss", "duplicate", "reorder"] as const) {
    checkRange(share, full[share], 1, "a share from 0 % to 100 %");
  }
  for (const time of ["delay", "gap"] as const) {
    checkRange(time, full[time], maxHold, "a time from 0 s to 10 s");
  }
  if (!Number.isInteger(full.seed)) throw badImpairment("seed", full.seed, "a whole number");
  checkRange("seed", full.seed, maxSeed, `a number from 0 to ${String(maxSeed)}`);
  const { loss, duplicate, reorder, delay, gap } = full;
  if (loss + duplicate + reorder + delay === 0) {
    throw new LabError({
      code: "bad-option",
      operation: "impair with",
      subject: "nothing",
      reason: "no packet would be lost, duplicated, reordered or delayed",
      hint: "give loss, duplicate, reorder or delay; none takes an impairment away",
    });
  }
  if (reorder > 0 && gap === 0)
    throw badImpairment("gap", gap, "more than 0 where packets are reordered");
  return full;
}

/** Whether there are packets that have to be held. */
export function holds({ delay, reorder }: FullImpairment): boolean {
  return delay > 0 || reorder > 0;
}

function checkRange(name: keyof Impairment, value: number, most: number, meaning: string): void {
  if (!(value >= 0 && value <= most)) throw badImpairment(name, value, meaning);
}

function badImpairment(name: keyof Impairment, value: number, meaning: string): LabError {
  return new LabError({
    code: "bad-option",
    operation: "impair with",
    subject: `${name} ${String(value)}`,
    reason: `it is ${meaning}`,
  });
}

/**
 * Reads a share: `10%`, `0.5%`.
 *
 * @throws {LabError} `bad-option`
 */
export function parseShare(text: string): number {
  const [, number] = /^([0-9]+(?:\.[0-9]+)?)%$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) / 100;
  throw unreadable("share", text, "a number with %", "10%");
}

/**
 * Reads a time, in milliseconds: `20ms`, `1.5s`.
 *
 * @throws {LabError} `bad-option`
 */
export function parseTime(text: string): number {
  const [, number, unit] = /^([0-9]+(?:\.[0-9]+)?)(ms|s)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (unit === "s" ? 1000 : 1);
  throw unreadable("time", text, "a number with ms or s", "20ms");
}

function unreadable(what: string, text: string, meaning: string, example: string): LabError {
  return new LabError({
    code: "bad-option",
    operation: `read ${what}`,
    subject: JSON.stringify(text),
    reason: `it is not ${meaning}`,
    hint: `as in ${example}`,
  });
}
