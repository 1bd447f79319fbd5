import { decodeFromBytes, encodeToBytes } from "libbpf-napi";
import type { ConnectionFilter } from "./connection-filter.ts";
import { ConntrackError } from "./conntrack-error.ts";
import { type ConnectionSweep, connectionSweepCodec } from "./generated/bpf.ts";
import { kernelFilter } from "./kernel-filter.ts";
import type { ConntrackPrograms } from "./kernel-maps.ts";

/** What a part of a walk of the table in the kernel came to. */
export interface Walk {
  /** Connections that it met. */
  readonly visited: number;
  /** Connections that were dead, and are gone. */
  readonly expired: number;
  /** Connections that were meant, and are gone. */
  readonly flushed: number;
  /** Where to go on; undefined at the end of the table. */
  readonly next: bigint | undefined;
  /** When the first of those that it met and that stay expires, in jiffies; undefined when none stays. */
  readonly soonest: bigint | undefined;
  /** The time it was, in jiffies, and in nanoseconds of CLOCK_MONOTONIC. */
  readonly now: bigint;
  readonly time: bigint;
  /** Jiffies in a second; 0 when the kernel does not tell. */
  readonly hz: number;
}

export interface WalkOptions {
  /** What is removed beside what is dead. @defaultValue nothing */
  readonly filter?: ConnectionFilter;
  /** Removals after which the part ends; 0 for no bound. */
  readonly budget?: number;
  /** Where to begin: the `next` of the part before. @defaultValue the beginning of the table */
  readonly from?: bigint;
}

/**
 * Walks a part of the table from `from` on, from its beginning by default. Removes what is dead, and also what the filter
 * means, if there is one; after `budget` removals it ends.
 *
 * @throws {ConntrackError} `walk-failed`
 * @throws {BpfError} `not-permitted`
 */
export async function walkTable(
  programs: ConntrackPrograms,
  { filter, budget = 0, from = 0n }: WalkOptions = {},
): Promise<Walk> {
  const argument: ConnectionSweep = {
    ...blank,
    budget: BigInt(budget),
    next: from,
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
  return walkOf(decodeFromBytes(connectionSweepCodec, rawContext));
}

/**
 * What time it is in the kernel. Walks nothing where the table is walked in the order of memory.
 *
 * @throws {ConntrackError} `walk-failed`
 * @throws {BpfError} `not-permitted`
 */
export async function readKernelTime(
  programs: ConntrackPrograms,
): Promise<Pick<Walk, "hz" | "now" | "time">> {
  return await walkTable(programs, { from: beyondTables });
}

/** No table has as many elements. */
const beyondTables = 2n ** 48n;

/** Removals of one run in the kernel, which goes on in another one: tens of milliseconds. */
const runBudget = 65_536;

/**
 * Walks the table, as {@link walkTable} does, part by part to its end.
 *
 * @throws {ConntrackError} `walk-failed`
 * @throws {BpfError} `not-permitted`
 */
export async function* walkToEnd(
  programs: ConntrackPrograms,
  { filter, budget = runBudget }: Omit<WalkOptions, "from"> = {},
): AsyncGenerator<Walk> {
  const options = { budget, ...(filter === undefined ? {} : { filter }) };
  for (let from: bigint | undefined = 0n; from !== undefined;) {
    const walk: Walk = await walkTable(programs, { ...options, from });
    yield walk;
    from = walk.next;
  }
}

/** Forgets the connections that the filter means. How many. */
export async function flushTable(
  programs: ConntrackPrograms,
  filter: ConnectionFilter,
): Promise<number> {
  let flushed = 0;
  for await (const walk of walkToEnd(programs, { filter })) flushed += walk.flushed;
  return flushed;
}

function walkOf({
  visited,
  expired,
  flushed,
  next,
  soonest,
  now,
  time,
  hz,
}: ConnectionSweep): Walk {
  return {
    visited: Number(visited),
    expired: Number(expired),
    flushed: Number(flushed),
    next: next === 0n ? undefined : next,
    soonest: soonest === never ? undefined : soonest,
    now,
    time,
    hz,
  };
}

const never = 2n ** 64n - 1n;
const blank = decodeFromBytes(connectionSweepCodec, new Uint8Array(connectionSweepCodec.size));
