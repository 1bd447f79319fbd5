import {
  type ConnectionRecord,
  type KernelConntrack,
  recordConnection,
  type RemovedConnection,
} from "@heddle/conntrack";
import type { Clock } from "@heddle/contracts";
import { map, merge, of, pairwise } from "rxjs";
import type { Answer, Routes } from "./api/routes.ts";

export interface ConnectionRoutesDeps {
  /** Whose table is undefined while they are not tracked. */
  readonly connections: { readonly table: Pick<KernelConntrack, "removals"> | undefined };
  readonly routes: Routes;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

/**
 * A connection that left the table, or how many did of which nothing else is known; and first of all, that from now on they
 * are told.
 */
export type RemovalRecord =
  | { readonly kind: "listening" }
  | {
      readonly kind: "removed";
      /** When, RFC 3339 in milliseconds. */
      readonly time: string;
      /** Why; undefined for a reason that this release does not know. */
      readonly reason: RemovedConnection["removal"];
      /** As it was at its end. */
      readonly connection: ConnectionRecord;
    }
  | { readonly kind: "lost"; readonly count: number };

/** Offers the connections that leave, as lines of {@link RemovalRecord}, at `/v1/connections/removed`. */
export function addConnectionRoutes({ connections, routes, clock }: ConnectionRoutesDeps): void {
  routes.add("/v1/connections/removed", () => {
    const { table } = connections;
    return table === undefined ? notRunning : followRemovals(table, clock);
  });
}

function followRemovals(
  { removals }: Pick<KernelConntrack, "removals">,
  clock: ConnectionRoutesDeps["clock"],
): Answer {
  const removed$ = removals.events$.pipe(map((removed) => recordRemoval(removed, clock)));
  const lost$ = removals.dropped$.pipe(
    pairwise(),
    map(([before, now]): RemovalRecord => ({ kind: "lost", count: now - before })),
  );
  // Comes when the others are subscribed to.
  const listening$ = of<RemovalRecord>({ kind: "listening" });
  return { kind: "lines", lines$: merge(removed$, lost$, listening$) };
}

function recordRemoval(
  { connection, removal, time }: RemovedConnection,
  clock: ConnectionRoutesDeps["clock"],
): RemovalRecord {
  const date = new Date(clock.now() - (clock.monotonic() - time));
  const record = recordConnection(connection, time);
  return { kind: "removed", time: date.toISOString(), reason: removal, connection: record };
}

const notRunning: Answer = {
  kind: "refusal",
  status: 503,
  reason: "connections are not tracked yet; heddle status tells what the agent waits for",
};
