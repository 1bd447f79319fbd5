import type { Connection } from "./connection.ts";

/**
 * A {@link Connection} for other processes and for JSON: its times do not depend on a clock of this process.
 * All of it is what `JSON.stringify` keeps.
 */
export interface ConnectionRecord extends Omit<Connection, "created" | "expires"> {
  /** Milliseconds since it began. */
  readonly age: number;
  /** Milliseconds that it lives without a further packet; 0 when it is over. */
  readonly remaining: number;
}

/** The connection as it is at a moment of the clock that its times are of. */
export function recordConnection(connection: Connection, now: number): ConnectionRecord {
  const { created, expires, ...rest } = connection;
  return {
    ...rest,
    age: Math.max(0, Math.round(now - created)),
    remaining: Math.max(0, Math.round(expires - now)),
  };
}
