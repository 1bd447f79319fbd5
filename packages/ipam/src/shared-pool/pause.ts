import type { Clock } from "@heddle/contracts";

/** Milliseconds that the third attempt waits at most; the next ones wait up to twice as long as the one before. */
const base = 10;
const longest = 1000;

/**
 * Waits before a further attempt, a random time, so that those who got into one another's way do not do so again. The
 * second attempt does not wait: it knows what the first one did not.
 */
export async function pause(
  deps: { readonly clock: Clock; readonly random?: () => number },
  attempt: number,
): Promise<void> {
  if (attempt < 2) return;
  const { clock, random = Math.random } = deps;
  const delay = random() * Math.min(longest, base * 2 ** (attempt - 2));
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.schedule(delay, resolve);
  await promise;
}
