import type { ConnectionRecord } from "@heddle/conntrack";

/** What connections can be sorted by. */
export const sortKeys = ["age", "packets", "bytes", "expires"] as const;

export type SortKey = (typeof sortKeys)[number];

/** What comes first has the greatest number. */
const ranks: Readonly<Record<SortKey, (connection: ConnectionRecord) => number>> = {
  age: ({ age }) => age,
  packets: ({ packets }) => packets.original + packets.reply,
  bytes: ({ bytes }) => bytes.original + bytes.reply,
  expires: ({ remaining }) => -remaining,
};

export interface Choice {
  readonly sort?: SortKey | undefined;
  readonly limit?: number | undefined;
  /** Whether all are read, for somebody who counts them, also where fewer are shown. */
  readonly toEnd?: boolean;
}

/**
 * The connections that are shown: the oldest, those with the most packets or bytes, or those that expire soonest, first.
 * Without `sort` they are passed on as they come; with it, twice the limit of them are held at most.
 */
export async function* chooseConnections(
  connections: AsyncIterable<ConnectionRecord>,
  { sort, limit = Number.POSITIVE_INFINITY, toEnd = false }: Choice,
): AsyncGenerator<ConnectionRecord> {
  if (limit === 0 && !toEnd) return;
  if (sort !== undefined) {
    yield* await firstOf(connections, ranks[sort], limit);
    return;
  }
  let count = 0;
  for await (const connection of connections) {
    if (++count <= limit) yield connection;
    if (count >= limit && !toEnd) return;
  }
}

async function firstOf(
  connections: AsyncIterable<ConnectionRecord>,
  rank: (connection: ConnectionRecord) => number,
  limit: number,
): Promise<readonly ConnectionRecord[]> {
  const best = (from: readonly ConnectionRecord[]): ConnectionRecord[] =>
    from.toSorted((one, other) => rank(other) - rank(one)).slice(0, limit);
  let held: ConnectionRecord[] = [];
  for await (const connection of connections) {
    if (held.push(connection) >= 2 * limit) held = best(held);
  }
  return best(held);
}
