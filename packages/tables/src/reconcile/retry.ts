/** When a failed operation is tried again. */
export interface RetryPolicy {
  /**
   * Delay after the first failure, milliseconds. Each further failure in a row doubles it.
   *
   * @defaultValue 100
   */
  readonly initialDelay: number;
  /**
   * The longest delay, milliseconds.
   *
   * @defaultValue 30000
   */
  readonly maxDelay: number;
  /**
   * The part of each delay that is left to chance, 0 to 1, so that keys that failed together are not
   * retried together: with 0.2 a delay is 80 to 100 % of its length.
   *
   * @defaultValue 0.2
   */
  readonly jitter: number;
}

export const defaultRetryPolicy: RetryPolicy = { initialDelay: 100, maxDelay: 30_000, jitter: 0.2 };

/** Milliseconds to wait after the `failures`th failure in a row; `random` is from 0 to 1. */
export function retryDelay(policy: RetryPolicy, failures: number, random: number): number {
  const delay = Math.min(policy.maxDelay, policy.initialDelay * 2 ** (failures - 1));
  return delay * (1 - policy.jitter * random);
}
