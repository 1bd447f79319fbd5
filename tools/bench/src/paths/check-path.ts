import type { Path } from "./path.ts";

/** What a contestant can tell of packets. */
export interface PathCounters {
  readonly packets?: number;
  readonly lost?: number;
}

/** What has to hold between two readings. */
export interface Traffic {
  readonly before: PathCounters;
  readonly after: PathCounters;
  /** The fewest packets that were sent in between. */
  readonly least: number;
}

export async function readCounters(path: Path): Promise<PathCounters> {
  const [packets, lost] = [await path.packets?.(), await path.lost?.()];
  return { ...(packets !== undefined && { packets }), ...(lost !== undefined && { lost }) };
}

/**
 * Whether what was measured is what the contestant does.
 *
 * @param server the address that the server found itself called by
 * @throws when packets were not translated, took another way, or were lost for want of room
 */
export function checkPath(
  { address, endpoints = [address] }: Pick<Path, "address" | "endpoints">,
  server: string,
  { before, after, least }: Traffic,
): void {
  if (!endpoints.includes(server)) {
    throw new Error(
      `the server was called as ${server}, and should have been as ${endpoints.join(", ")}`,
    );
  }
  const handled = (after.packets ?? Number.POSITIVE_INFINITY) - (before.packets ?? 0);
  if (handled < least) {
    throw new Error(
      `the contestant handled ${String(handled)} packets, and the client sent at least ${String(least)}`,
    );
  }
  const lost = (after.lost ?? 0) - (before.lost ?? 0);
  if (lost > 0) throw new Error(`the contestant lost ${String(lost)} packets for want of room`);
}
