import {
  type Connection,
  type ConnectionFilter,
  type ConnectionRecord,
  type ConnectionState,
  formatTuple,
  matchesFilter,
  recordConnection,
} from "@heddle/conntrack";
import type { Clock } from "@heddle/contracts";

/** What became of a connection. `time` is RFC 3339 in milliseconds: of a removal that the agent told of, when it was. */
export type ConnectionChange =
  | { readonly kind: "new"; readonly time: string; readonly connection: ConnectionRecord }
  | {
      readonly kind: "changed";
      readonly time: string;
      /** The state before. */
      readonly was: ConnectionState;
      readonly connection: ConnectionRecord;
    }
  | {
      readonly kind: "removed";
      readonly time: string;
      /** Why; undefined where nobody said it. */
      readonly reason: string | undefined;
      /** As it was at its end, or when it was seen last. */
      readonly connection: ConnectionRecord;
    };

/** A removal of which the agent told. */
type Removal = Omit<Extract<ConnectionChange, { readonly kind: "removed" }>, "kind">;

/**
 * Milliseconds by which the beginning of one connection can seem to move: the kernel's clock ticks every 1 to 10 ms, and is
 * compared with ours at each sweep.
 */
const sameBeginning = 50;

interface Seen {
  readonly connection: Connection;
  /** The look at which it was seen last. */
  readonly look: number;
}

/**
 * Finds out what became of connections by looking at all of them again and again; holds those that the filter means. Removals
 * are left to somebody who knows the reason as long as there is one.
 */
export class ConnectionWatch {
  /** Whether the agent tells of removals. Where it does not, they are told by `look`, without a reason. */
  removalsAreTold = false;
  readonly #filter: ConnectionFilter;
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  readonly #seen = new Map<string, Seen>();
  /** When connections began that were told to be removed while the table was being read. */
  readonly #gone = new Map<string, number>();
  #looks = 0;
  #looking = false;

  constructor(filter: ConnectionFilter, clock: Pick<Clock, "now" | "monotonic">) {
    this.#filter = filter;
    this.#clock = clock;
  }

  /** What has to be read: connections are followed through all states, whichever is asked for. */
  get wanted(): ConnectionFilter {
    const { state: _, ...wanted } = this.#filter;
    return wanted;
  }

  /** What has changed since the last look. Those that are there at the first one are not new. */
  async *look(connections: AsyncIterable<Connection>): AsyncGenerator<ConnectionChange> {
    this.#looks++;
    this.#looking = true;
    for await (const connection of connections) {
      for (const change of this.#meet(connection)) if (this.#means(change)) yield change;
    }
    for (const [key, { connection, look }] of this.#seen) {
      if (look === this.#looks) continue;
      this.#seen.delete(key);
      const change = this.#removed(connection);
      if (!this.removalsAreTold && this.#means(change)) yield change;
    }
    this.#looking = false;
    this.#gone.clear();
  }

  /** What there is to tell of a removal, if the filter means it. */
  told(removal: Removal): ConnectionChange | undefined {
    const { connection, time } = removal;
    const began = Date.parse(time) - connection.age - this.#clock.now() + this.#clock.monotonic();
    if (this.#looking) this.#gone.set(keyOf(connection), began);
    const change = { kind: "removed", ...removal } as const;
    return this.#means(change) ? change : undefined;
  }

  #meet(connection: Connection): readonly ConnectionChange[] {
    const key = keyOf(connection);
    const before = this.#seen.get(key)?.connection;
    const gone = this.#gone.get(key);
    if (gone !== undefined && connection.created - gone < sameBeginning) return [];
    this.#seen.set(key, { connection, look: this.#looks });
    if (this.#looks === 1) return [];
    const { time, record } = this.#now(connection);
    if (before !== undefined && Math.abs(connection.created - before.created) < sameBeginning) {
      const { state: was } = before;
      return was === connection.state ? [] : [{ kind: "changed", time, was, connection: record }];
    }
    const begun: ConnectionChange = { kind: "new", time, connection: record };
    if (before === undefined || this.removalsAreTold) return [begun];
    return [this.#removed(before), begun];
  }

  #removed(connection: Connection): ConnectionChange {
    const { time, record } = this.#now(connection);
    return { kind: "removed", time, reason: undefined, connection: record };
  }

  #now(connection: Connection): { readonly time: string; readonly record: ConnectionRecord } {
    return {
      time: new Date(this.#clock.now()).toISOString(),
      record: recordConnection(connection, this.#clock.monotonic()),
    };
  }

  #means({ connection }: ConnectionChange): boolean {
    return matchesFilter(connection, this.#filter);
  }
}

function keyOf({ scope, original }: Pick<Connection, "scope" | "original">): string {
  return `${scope} ${formatTuple(original)}`;
}
