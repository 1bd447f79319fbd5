import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@heddle/contracts";
import { Observable } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiServer } from "./api-server.ts";
import { createRoutes } from "./routes.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-api-"));
const socket = join(folder, "agent.sock");
let logged: string[] = [];
const logger = createLogger(({ message }) => void logged.push(message), "debug");

let routes = createRoutes();
let server = createApiServer({ routes, logger }, { socket });
beforeEach(async () => {
  logged = [];
  routes = createRoutes();
  routes.add("/v1/value", (query) => ({ kind: "value", value: query.getAll("q") }));
  routes.add("/v1/below/", (_query, rest) => ({ kind: "value", value: rest }));
  server = createApiServer({ routes, logger }, { socket });
  await server.start();
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What comes back for a request with this target, as it stands on the wire. */
async function ask(target: string): Promise<{ readonly status: number; readonly body: string }> {
  const connection = createConnection(socket).setEncoding("latin1");
  connection.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let text = "";
  connection.on("data", (part: string) => (text += part));
  await once(connection, "close");
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body };
}

describe("the API", () => {
  it.each([
    ["/v1/value?q=a%20b&q=c?d", '["a b","c?d"]'],
    ["/v1/value", "[]"],
    ["/v1/below/x%2Fy", '"x/y"'],
  ])("answers %s", async (target, answer) => {
    const { status, body } = await ask(target);
    expect(status).toBe(200);
    expect(body).toContain(answer);
  });

  it.each([
    ["http://a//", 404],
    ["//", 404],
    ["http://[", 404],
    ["*", 404],
    ["/v1/below/%", 400],
    ["/v1/below/%ff", 400],
  ])("refuses %s and lives on", async (target, expected) => {
    expect((await ask(target)).status).toBe(expected);
    expect((await ask("/v1/value")).status).toBe(200);
    expect(logged).toEqual([]);
  });

  it("tells of a failure, and breaks off a stream that fails as it begins", async () => {
    routes.add("/v1/fails", () => {
      throw new Error("out of order");
    });
    const lines$ = new Observable<never>(() => {
      throw new Error("no stream");
    });
    routes.add("/v1/lines", () => ({ kind: "lines", lines$ }));
    expect(await ask("/v1/fails")).toMatchObject({
      status: 500,
      body: expect.stringContaining("out of order"),
    });
    expect((await ask("/v1/lines")).body).not.toContain("no stream");
    expect((await ask("/v1/value")).status).toBe(200);
    expect(logged).toEqual(["answering a request failed"]);
  });
});
