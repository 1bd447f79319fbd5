import { decodeFromBytes, encodeToBytes } from "libbpf-napi";
import type { ConnectionFilter } from "./connection-filter.ts";
import { ConntrackError } from "./conntrack-error.ts";
import { type ConnectionSweep, connectionSweepCodec } from "./generated/bpf.ts";
import { kernelFilter } from "./kernel-filter.ts";
import type { ConntrackPrograms } from "./kernel-maps.ts";

/** What one walk of the table in the kernel came to. */
export interface Walk {
  /** Connections that it met. */
  readonly visited: number;
  /** Connections that were dead, and are gone. */
  readonly expired: number;
  /** Connections that were meant, and are gone. */
  readonly flushed: number;
  /** Whether it ended before the end of the table. */
  readonly cut: boolean;
  /** When the first of those that stay expires, in jiffies; undefined when none stays. */
  readonly soonest: bigint | undefined;
  /** The time it was, in jiffies, and in nanoseconds of CLOCK_MONOTONIC. */
  readonly now: bigint;
  readonly time: bigint;
  /** Jiffies in a second; 0 when the kernel does not tell. */
  readonly hz: number;
}

/**
 * Removes what is dead, and also what the filter means, if there is one; after `budget` removals it ends.
 *
 * @throws {ConntrackError} `walk-failed`
 * @throws {BpfError} `not-permitted`
 */
export async function walkTable(
  programs: ConntrackPrograms,
  options: { readonly filter?: ConnectionFilter; readonly budget?: number } = {},
): Promise<Walk> {
  const { filter, budget = 0 } = options;
  const argument: ConnectionSweep = {
    ...blank,
    budget: BigInt(budget),
    filter: kernelFilter(filter ?? {}),
  };
  const program = filter === undefined ? programs.sweep : programs.flush;
  const context = encodeToBytes(connectionSweepCodec, argument);
  const { returnValue, rawContext } = await program.testRun({ context });
  if (returnValue !== 0 || rawContext === undefined) {
    throw new ConntrackError({
      code: "walk-failed",
      operation: filter === undefined ? "sweep" : "flush",
      subject: "connections",
      reason: `the program returned ${String(returnValue)}`,
    });
  }
  return walkOf(decodeFromBytes(connectionSweepCodec, rawContext), budget);
}

/** Removals of one run in the kernel, which goes on in another one: about 50 ms. */
const runBudget = 65_536;

/** Walks the table, as {@link walkTable} does, until a walk comes to its end. */
export async function* walkToEnd(
  programs: ConntrackPrograms,
  filter?: ConnectionFilter,
): AsyncGenerator<Walk> {
  const options = { budget: runBudget, ...(filter === undefined ? {} : { filter }) };
  for (;;) {
    const walk = await walkTable(programs, options);
    yield walk;
    if (!walk.cut) return;
  }
}

/** Forgets the connections that the filter means. How many. */
export async function flushTable(
  programs: ConntrackPrograms,
  filter: ConnectionFilter,
): Promise<number> {
  let flushed = 0;
  for await (const walk of walkToEnd(programs, filter)) flushed += walk.flushed;
  return flushed;
}

function walkOf(done: ConnectionSweep, budget: number): Walk {
  const [expired, flushed] = [Number(done.expired), Number(done.flushed)];
  const { soonest, now, time, hz } = done;
  return {
    visited: Number(done.visited),
    expired,
    flushed,
    cut: budget > 0 && expired + flushed >= budget,
    soonest: soonest === never ? undefined : soonest,
    now,
    time,
    hz,
  };
}

const never = 2n ** 64n - 1n;
const blank = decodeFromBytes(connectionSweepCodec, new Uint8Array(connectionSweepCodec.size));
