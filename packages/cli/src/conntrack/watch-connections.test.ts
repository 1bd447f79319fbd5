import type { RemovalLine } from "@heddle/agent/client";
import type { Connection } from "@heddle/conntrack";
import { systemClock } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { describe, expect, it } from "vitest";
import type { ConnectionChange } from "./connection-watch.ts";
import { connection, record } from "./connections.fake.ts";
import { watchConnections, type WatchDeps } from "./watch-connections.ts";

/** A watch of a table that holds what `table` says, beside an agent that says `lines`. */
function setUp(lines?: () => AsyncGenerator<RemovalLine, void>) {
  const ended = new AbortController();
  const table: { now: readonly Connection[]; looks: number } = { now: [], looks: 0 };
  const shown: ConnectionChange[] = [];
  const notes: string[] = [];
  const deps: WatchDeps = {
    connections: {
      async *connections() {
        table.looks++;
        yield* table.now;
      },
    },
    agent: lines === undefined ? undefined : { removedConnections: () => lines() },
    clock: systemClock,
    show: (change) => void shown.push(change),
    note: (text) => void notes.push(text),
  };
  const options = { filter: {}, interval: 1, ended: ended.signal };
  return { ended, table, shown, notes, over: watchConnections(deps, options) };
}

const removed: RemovalLine = {
  kind: "removed",
  time: "2026-01-02T03:04:05.067Z",
  reason: "evicted-closing",
  connection: record(),
};
const byReading = "removals are seen by reading the table every 0.001 s, without the reason";

describe("a watch", () => {
  it("without an agent reads on until it is ended", async () => {
    const { ended, table, shown, notes, over } = setUp();
    await waitUntil("a look", () => table.looks > 0);
    table.now = [connection()];
    await waitUntil("a new connection", () => shown[0]?.kind === "new");
    table.now = [];
    await waitUntil("a removal", () => shown[1]?.kind === "removed");
    ended.abort();
    await over;
    expect(notes).toEqual([`there is no agent to ask: ${byReading}`]);
    expect(shown).toHaveLength(2);
  });

  it("has the agent tell of removals, and of those that were lost", async () => {
    const left = Promise.withResolvers<void>();
    const { ended, table, shown, notes, over } = setUp(async function* () {
      yield { kind: "listening" };
      yield removed;
      yield { kind: "lost", count: 3 };
      await left.promise;
    });
    table.now = [connection()];
    await waitUntil("what was lost", () => notes.length === 2);
    await waitUntil("two looks", () => table.looks > 2);
    table.now = [];
    const { looks } = table;
    await waitUntil("two looks more", () => table.looks > looks + 2);
    expect(shown).toEqual([removed]);
    expect(notes).toEqual([
      "removals are told by the agent, as they are swept",
      "3 removals could not be told, since there were too many",
    ]);
    ended.abort();
    left.resolve();
    await over;
  });

  it("goes on by reading when the agent goes away, or is not there", async () => {
    const gone = Promise.withResolvers<void>();
    const { ended, table, shown, notes, over } = setUp(async function* () {
      yield { kind: "listening" };
      await gone.promise;
      throw new Error("it went away");
    });
    table.now = [connection()];
    await waitUntil("two looks", () => table.looks > 1);
    gone.resolve();
    await waitUntil("a note", () => notes.length === 2);
    table.now = [];
    await waitUntil("a removal", () => shown.length === 1);
    expect(shown).toMatchObject([{ kind: "removed", reason: undefined }]);
    expect(notes[1]).toBe(`it went away: ${byReading}`);
    ended.abort();
    await over;
  });

  it("ends with what goes wrong with the table", async () => {
    const ended = new AbortController();
    const deps: WatchDeps = {
      connections: {
        connections() {
          throw new Error("no table");
        },
      },
      agent: undefined,
      clock: systemClock,
      show: () => undefined,
      note: () => undefined,
    };
    const options = { filter: {}, interval: 1, ended: ended.signal };
    await expect(watchConnections(deps, options)).rejects.toThrow("no table");
  });
});
