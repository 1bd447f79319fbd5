import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Connection,
  connectionTuple,
  type KernelConntrack,
  type RemovedConnection,
  reverseTuple,
} from "@heddle/conntrack";
import { createManualClock, parseIp, silentLogger } from "@heddle/contracts";
import { createEvents, type EventSource } from "@heddle/tables";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiServer } from "./api/api-server.ts";
import { createRoutes } from "./api/routes.ts";
import { createAgentClient } from "./client/index.ts";
import { addConnectionRoutes } from "./connection-routes.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-removed-"));
const socket = join(folder, "agent.sock");
const client = createAgentClient(socket);
const clock = createManualClock(Date.UTC(2026, 0, 2, 3, 4, 5));

const original = connectionTuple({
  protocol: "tcp",
  source: parseIp("10.0.0.1"),
  destination: parseIp("10.0.0.2"),
  sourcePort: 5000,
  destinationPort: 80,
});
const connection: Connection = {
  scope: "connection",
  original,
  reply: reverseTuple(original),
  state: "closing",
  answered: true,
  finished: { original: true, reply: true },
  created: clock.monotonic() - 3000,
  expires: clock.monotonic() - 500,
  packets: { original: 6, reply: 4 },
  bytes: { original: 600, reply: 400 },
};

let source: EventSource<RemovedConnection>;
let table: Pick<KernelConntrack, "removals"> | undefined;
let server: ReturnType<typeof createApiServer>;
beforeEach(async () => {
  source = createEvents();
  table = { removals: source.stream };
  const routes = createRoutes();
  addConnectionRoutes({
    connections: {
      get table() {
        return table;
      },
    },
    routes,
    clock,
  });
  server = createApiServer({ routes, logger: silentLogger }, { socket });
  await server.start();
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("connections that leave", () => {
  it("are told with the reason and the moment, and how many could not be", async () => {
    const lines = client.removedConnections();
    expect((await lines.next()).value).toEqual({ kind: "listening" });
    source.emit({ connection, removal: "expired", time: clock.monotonic() - 500 });
    const { created: _, expires: __, ...rest } = connection;
    expect((await lines.next()).value).toEqual({
      kind: "removed",
      time: "2026-01-02T03:04:04.500Z",
      reason: "expired",
      connection: { ...rest, age: 2500, remaining: 0 },
    });
    source.countDropped(3);
    expect((await lines.next()).value).toEqual({ kind: "lost", count: 3 });
    source.emit({ connection, removal: undefined, time: clock.monotonic() });
    expect((await lines.next()).value).toMatchObject({ kind: "removed", reason: undefined });
    await lines.return();
  });

  it("are not told before connections are tracked", async () => {
    table = undefined;
    await expect(client.removedConnections().next()).rejects.toMatchObject({
      code: "bad-answer",
      reason: "connections are not tracked yet; heddle status tells what the agent waits for",
    });
  });
});
