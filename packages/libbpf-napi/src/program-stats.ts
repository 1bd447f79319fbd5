import { addon } from "./addon.ts";
import { Descriptor } from "./descriptor.ts";
import { check } from "./errors.ts";

/** Keeps the counting on until it is closed. */
export interface ProgramStats extends Disposable {
  readonly closed: boolean;
  close(): void;
}

/**
 * Makes the kernel count how often and for how long every program runs, while the handle is open
 * (Linux 5.8). It costs each run tens of nanoseconds; the counters stay when it ends.
 *
 * ```ts
 * using _stats = enableProgramStats();
 * await program.testRun({ data, repeat: 1000 });
 * const { runCount, runTime } = program.info();
 * ```
 *
 * @throws {BpfError} `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function enableProgramStats(): ProgramStats {
  const attempt = { operation: "count run times of", subject: "all programs" };
  return new Descriptor(check(attempt, addon().enableStats()), "counting of run times");
}
