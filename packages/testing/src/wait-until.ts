import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two looks. */
const interval = 5;

/** A third of what a test has: longer on machines that are told to be slow. */
const defaultTimeout = Number(process.env["HEDDLE_TEST_TIMEOUT"] ?? 30_000) / 3;

/**
 * Waits until `condition` gives something, and returns it. What it throws counts as "not yet", and is
 * told when the time is up.
 *
 * @param what completes "waited for ..."
 * @param timeout milliseconds; 10,000, and ten times that where a test has ten times longer (HEDDLE_TEST_TIMEOUT)
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeout: number = defaultTimeout,
): Promise<NonNullable<T> & Exclude<T, false>> {
  const deadline = performance.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const result = await condition();
      if (isThere(result)) return result;
      last = result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${String(timeout)} ms for ${what}; last: ${String(last)}`, {
        cause: last,
      });
    }
    await delay(interval);
  }
}

function isThere<T>(value: T): value is NonNullable<T> & Exclude<T, false> {
  return value !== undefined && value !== null && value !== false;
}
