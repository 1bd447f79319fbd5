import type { Queued } from "./age-queue.ts";
import type { Direction, Tuple } from "./tuple.ts";

/**
 * - `opening`: so far only asked for: the handshake of TCP or SCTP; of others, nothing has come back;
 * - `established`: TCP or SCTP after the first packet that is not of the handshake; others once answered;
 * - `closing`: TCP or SCTP that both sides have finished, or one has aborted. It ends on time, whatever comes.
 */
export type ConnectionState = "opening" | "established" | "closing";

/** A connection between two addresses, or what a service's client has with the service's own address. */
export type Scope = "connection" | "service";

/** One number for each direction. */
export interface PerDirection<T> {
  readonly original: T;
  readonly reply: T;
}

/** An entry of the table, as it was when it was asked for. Times are milliseconds of the monotonic clock. */
export interface Connection {
  readonly scope: Scope;
  /** Of the packets of the side that began it, before any translation. */
  readonly original: Tuple;
  /** Of the packets that answer, before they are translated back: to the translated source, if there is one. */
  readonly reply: Tuple;
  readonly state: ConnectionState;
  /** Whether both sides have been seen, so that the entry is not one that anybody can make alone. */
  readonly answered: boolean;
  /** Which sides have finished. */
  readonly finished: PerDirection<boolean>;
  readonly created: number;
  /** From then on the entry is as good as gone. */
  readonly expires: number;
  readonly packets: PerDirection<number>;
  /** Bytes of IP packets, headers included. */
  readonly bytes: PerDirection<number>;
}

/** Where the entry stands when its place is needed. `kept` is never evicted. */
export type Rank = "closing" | "half-open" | "kept";

/** A {@link Connection} in the table, where it changes. */
export class Entry implements Queued<Entry> {
  readonly scope: Scope;
  readonly original: Tuple;
  readonly reply: Tuple;
  readonly created: number;
  state: ConnectionState = "opening";
  answered = false;
  expires = 0;
  older: Entry | undefined;
  newer: Entry | undefined;
  readonly finished: Record<Direction, boolean> = { original: false, reply: false };
  readonly packets: Record<Direction, number> = { original: 0, reply: 0 };
  readonly bytes: Record<Direction, number> = { original: 0, reply: 0 };

  constructor(scope: Scope, original: Tuple, reply: Tuple, created: number) {
    this.scope = scope;
    this.original = original;
    this.reply = reply;
    this.created = created;
  }

  get rank(): Rank {
    if (this.state === "closing") return "closing";
    return this.state === "established" && this.answered ? "kept" : "half-open";
  }

  count(direction: Direction, bytes: number): void {
    this.packets[direction]++;
    this.bytes[direction] += bytes;
  }

  snapshot(): Connection {
    const { scope, original, reply, state, answered, created, expires } = this;
    return {
      scope,
      original,
      reply,
      state,
      answered,
      finished: { ...this.finished },
      created,
      expires,
      packets: { ...this.packets },
      bytes: { ...this.bytes },
    };
  }
}
