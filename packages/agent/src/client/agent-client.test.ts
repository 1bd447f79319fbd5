import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@heddle/contracts";
import { createTable } from "@heddle/tables";
import { from, map, NEVER, Observable, of, timer } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentError } from "../agent-error.ts";
import { createApiServer } from "../api/api-server.ts";
import { createRoutes, type Query } from "../api/routes.ts";
import { createTableExport } from "../table-export.ts";
import { createAgentClient } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-client-"));
const socket = join(folder, "agent.sock");
const client = createAgentClient(socket);

let routes = createRoutes();
let server = createApiServer({ routes, logger: silentLogger }, { socket });

beforeEach(async () => {
  routes = createRoutes();
  server = createApiServer({ routes, logger: silentLogger }, { socket });
  await server.start();
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function failure(promise: Promise<unknown>): Promise<AgentError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AgentError) return error;
  throw new Error("it did not fail as an agent does", { cause: error });
}

const status = {
  node: "n1",
  version: "0.0.0",
  pid: 7,
  ready: true,
  health: "ok",
  parts: { routing: { level: "ok", message: "fine" } },
};

describe("a value", () => {
  it("is what the agent answers", async () => {
    routes.add("/v1/status", () => ({ kind: "value", value: status }));
    routes.add("/v1/events/lost", () => ({ kind: "value", value: { drops: 3, flows: 0 } }));
    expect(await client.status()).toEqual(status);
    expect(await client.lostEvents()).toEqual({ drops: 3, flows: 0 });
  });

  it("is refused with the agent's reason", async () => {
    createTableExport(routes).add(() => [createTable({ name: "node devices" })]);
    const error = await failure(client.tableRows("../x y"));
    expect(error.code).toBe("bad-answer");
    expect(error.message).toBe(
      'ask agent for /v1/tables/..%2Fx%20y: there is no table "../x y"; there are node-devices',
    );
  });

  it("is refused when it is of another shape", async () => {
    const parts = { routing: { level: "odd", message: "" } };
    routes.add("/v1/status", () => ({ kind: "value", value: { ...status, parts } }));
    const error = await failure(client.status());
    expect(error.code).toBe("bad-answer");
    expect(error.message).toContain("ask agent for /v1/status: parts.routing.level: Invalid type");
  });

  it("needs an agent", async () => {
    await server.close();
    const error = await failure(client.status());
    expect(error.code).toBe("not-reachable");
    expect(error.message).toBe(
      `ask agent at ${socket}: there is no such socket (start the agent, or choose its socket by --socket or HEDDLE_SOCKET)`,
    );
  });
});

describe("an agent that does not go on", () => {
  const silent = join(folder, "silent.sock");
  const impatient = createAgentClient(silent, { timeout: 50 });
  const beginning = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{";

  it.each([
    ["before it answers", ""],
    ["in the middle of a value", beginning],
  ])("%s is given up", async (_when, text) => {
    mkdirSync(folder, { recursive: true });
    await using _stopped = await listen(silent, text);
    const error = await failure(impatient.status());
    expect(error.code).toBe("not-reachable");
    expect(error.message).toBe(
      `ask agent at ${silent}: it did not answer in 0.05 s (its process is busy or stopped)`,
    );
  });

  it("is given up before a stream begins", async () => {
    mkdirSync(folder, { recursive: true });
    await using _stopped = await listen(silent, "");
    expect((await failure(impatient.events({}).next())).reason).toContain("did not answer");
  });

  it("may be silent for long between the lines of a stream", async () => {
    routes.add("/v1/events", () => ({ kind: "lines", lines$: timer(200).pipe(map(() => line)) }));
    const events = createAgentClient(socket, { timeout: 50 }).events({});
    expect((await events.next()).value).toEqual(line);
    await events.return();
  });

  it("is told from one that goes away in the middle", async () => {
    mkdirSync(folder, { recursive: true });
    await using _going = await listen(silent, beginning, true);
    expect((await failure(impatient.status())).reason).toContain("it went away");
  });
});

/** Answers every request with this text and no more. */
async function listen(path: string, text: string, isGoing = false): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const silent = createServer((connection) => {
    open.add(connection);
    connection.on("error", () => undefined);
    connection.once("data", () => {
      connection.write(text, () => isGoing && connection.destroy());
    });
  }).listen(path);
  await once(silent, "listening");
  return {
    async [Symbol.asyncDispose]() {
      for (const connection of open) connection.destroy();
      silent.close();
      await once(silent, "close");
    },
  };
}

describe("a table", () => {
  it("is listed, read and watched", async () => {
    const table = createTable<string, { readonly mtu: number }>({ name: "node devices" });
    createTableExport(routes).add(() => [table]);
    table.upsert("eth0", { mtu: 1500 });
    expect(await client.tables()).toEqual([{ name: "node-devices", size: 1, synced: false }]);
    expect(await client.tableRows("node-devices")).toEqual([{ key: "eth0", value: { mtu: 1500 } }]);
    const changes = client.watchTable("node-devices");
    const next = async () => (await changes.next()).value;
    expect(await next()).toEqual({ kind: "upsert", key: "eth0", value: { mtu: 1500 } });
    table.markSynced();
    expect(await next()).toEqual({ kind: "synced" });
    table.delete("eth0");
    expect(await next()).toEqual({ kind: "delete", key: "eth0" });
    await changes.return();
  });
});

const line = {
  time: "2026-01-02T03:04:05.678Z",
  node: "n1",
  outcome: "vanished",
  reason: "magic",
  hook: "fromPod",
  device: "eth0",
  source: { address: "10.0.0.1", port: 5, name: "default/web" },
  destination: { address: "10.0.0.2", port: undefined, name: undefined },
  summary: "10.0.0.1:5 > 10.0.0.2",
  length: 60,
};

describe("a stream", () => {
  it("asks for what is wanted, and reads names of later releases", async () => {
    let asked: Query | undefined;
    routes.add("/v1/events", (query) => {
      asked = query;
      return { kind: "lines", lines$: from([line, { ...line, source: undefined }]) };
    });
    const events = client.events({ kinds: ["drops"], name: "default/web", last: 2 });
    expect((await events.next()).value).toEqual(line);
    expect((await events.next()).value).toMatchObject({ source: undefined });
    await events.return();
    expect(String(asked)).toBe("kinds=drops&name=default%2Fweb&last=2");
  });

  it("ends quietly at the signal, before and while it runs", async () => {
    routes.add("/v1/events", () => ({ kind: "lines", lines$: NEVER }));
    const stop = new AbortController();
    const events = client.events({}, stop.signal);
    const end = events.next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(await client.events({}, stop.signal).next()).toMatchObject({ done: true });
  });

  it("ends at the server when its loop is left", async () => {
    const left = Promise.withResolvers<string>();
    const lines$ = new Observable((subscriber) => {
      subscriber.next(line);
      return () => left.resolve("left");
    });
    routes.add("/v1/events", () => ({ kind: "lines", lines$ }));
    for await (const _ of client.events({})) break;
    expect(await left.promise).toBe("left");
  });

  it("tells when the agent goes away, and when it refuses", async () => {
    routes.add("/v1/events", () => ({ kind: "lines", lines$: of(line).pipe(endlessly) }));
    const events = client.events({});
    await events.next();
    const next = failure(events.next());
    await server.close();
    expect(await next).toMatchObject({
      code: "not-reachable",
      reason: "it went away, or dropped a listener that is too slow",
    });
  });

  it("is refused like a value", async () => {
    const refusal = { kind: "refusal", status: 503, reason: "not yet" } as const;
    routes.add("/v1/events", () => refusal);
    expect(await failure(client.events({}).next())).toMatchObject({
      code: "bad-answer",
      reason: "not yet",
    });
  });
});

function endlessly<T>(source$: Observable<T>): Observable<T> {
  return new Observable((subscriber) => source$.subscribe((value) => subscriber.next(value)));
}
