import { setTimeout as sleep } from "node:timers/promises";
import type { AgentClient, RemovalLine } from "@heddle/agent/client";
import type { ConnectionFilter, ConnectionReader } from "@heddle/conntrack";
import { type Clock, toError } from "@heddle/contracts";
import { type ConnectionChange, ConnectionWatch } from "./connection-watch.ts";

export interface WatchDeps {
  readonly connections: Pick<ConnectionReader, "connections">;
  /** Who may tell of removals; undefined where there can be nobody. */
  readonly agent: Pick<AgentClient, "removedConnections"> | undefined;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** Is told of each change. */
  show(change: ConnectionChange): void;
  /** Is told where removals are known from, and what is not known. */
  note(text: string): void;
}

export interface WatchOptions {
  readonly filter: ConnectionFilter;
  /** Milliseconds between two looks at the table. */
  readonly interval: number;
  /** Ends the watch. */
  readonly ended: AbortSignal;
}

/** Tells what becomes of connections until it is ended. */
export async function watchConnections(deps: WatchDeps, options: WatchOptions): Promise<void> {
  const { filter, interval, ended } = options;
  const watch = new ConnectionWatch(filter, deps.clock);
  const over = new AbortController();
  const stop = AbortSignal.any([ended, over.signal]);
  const told = followRemovals(watch, deps, stop, interval);
  try {
    await told.begun;
    while (!ended.aborted) {
      for await (const change of watch.look(deps.connections.connections(watch.wanted))) {
        deps.show(change);
        if (ended.aborted) break;
      }
      // Rejects when it is ended.
      await sleep(interval, undefined, { signal: ended }).catch(() => undefined);
    }
  } finally {
    over.abort();
    await told.over;
  }
}

/** Has the agent tell of removals for as long as it does. Fulfilled, whatever becomes of it. */
function followRemovals(
  watch: ConnectionWatch,
  deps: WatchDeps,
  stop: AbortSignal,
  interval: number,
): { readonly begun: Promise<void>; readonly over: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const byReading = (why: string): void => {
    watch.removalsAreTold = false;
    const every = `${String(interval / 1000)} s`;
    deps.note(`${why}: removals are seen by reading the table every ${every}, without the reason`);
  };
  const follow = async (agent: Pick<AgentClient, "removedConnections">): Promise<void> => {
    try {
      for await (const line of agent.removedConnections(stop)) {
        if (line.kind === "listening") {
          watch.removalsAreTold = true;
          deps.note("removals are told by the agent, as they are swept");
          begun.resolve();
        } else {
          tell(line, watch, deps);
        }
      }
    } catch (error) {
      byReading(toError(error).message);
    }
  };
  const { agent } = deps;
  if (agent === undefined) byReading("there is no agent to ask");
  const over = (agent === undefined ? Promise.resolve() : follow(agent)).finally(begun.resolve);
  return { begun: begun.promise, over };
}

function tell(
  line: Exclude<RemovalLine, { readonly kind: "listening" }>,
  watch: ConnectionWatch,
  deps: WatchDeps,
): void {
  if (line.kind === "lost") {
    deps.note(`${String(line.count)} removals could not be told, since there were too many`);
    return;
  }
  const { time, reason, connection } = line;
  const change = watch.told({ time, reason, connection });
  if (change !== undefined) deps.show(change);
}
