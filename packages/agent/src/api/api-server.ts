import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { type Logger, type Service, toError } from "@heddle/contracts";
import type { Observable } from "rxjs";
import { AgentError } from "../agent-error.ts";
import { toJson } from "./json.ts";
import type { Answer, Query, Routes } from "./routes.ts";

// An import of node:http loads its WebSocket too, which takes 30 ms and 13 MB.
const { createServer } = process.getBuiltinModule("node:http");

export interface ApiServerDeps {
  readonly routes: Routes;
  readonly logger: Logger;
}

export interface ApiServerOptions {
  /** Path of the Unix socket; only root may connect. */
  readonly socket: string;
}

/**
 * Serves the routes by HTTP over a Unix socket: values as JSON, streams as JSON lines for as long as the
 * client listens. The node's lock must be held, since a socket that is in the way is taken for a leftover.
 */
export function createApiServer(deps: ApiServerDeps, options: ApiServerOptions): Service {
  return new ApiServer(deps, options);
}

/** Bytes of lines that may wait for a client that does not read; it is disconnected beyond. */
const maxBacklog = 8 * 1024 * 1024;

class ApiServer implements Service {
  readonly #deps: ApiServerDeps;
  readonly #socket: string;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  constructor(deps: ApiServerDeps, { socket }: ApiServerOptions) {
    this.#deps = deps;
    this.#socket = socket;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<void> {
    try {
      mkdirSync(dirname(this.#socket), { recursive: true });
      rmSync(this.#socket, { force: true });
      this.#server.listen(this.#socket);
      await once(this.#server, "listening");
      chmodSync(this.#socket, 0o600);
    } catch (cause) {
      throw new AgentError({
        code: "socket-unusable",
        operation: "listen at",
        subject: this.#socket,
        reason: toError(cause).message,
        hint: "choose another path with --socket; a Unix socket's path has at most 107 bytes",
        cause,
      });
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    rmSync(this.#socket, { force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const target = readTarget(request.url ?? "");
    try {
      send(this.#find(target), response);
    } catch (error) {
      this.#deps.logger.error("answering a request failed", { path: target.path, error });
      sendText(response, 500, toJson({ error }));
    }
  }

  #find({ path, query }: RequestTarget): Answer {
    const { routes } = this.#deps;
    const found = routes.find(path);
    if (found === undefined) {
      const reason = `there is no ${path}; there are ${routes.paths.join(", ")}`;
      return { kind: "refusal", status: 404, reason };
    }
    const rest = decodePath(found.rest);
    if (rest !== undefined) return found.handler(query, rest);
    return { kind: "refusal", status: 400, reason: `${path} is not percent-encoded UTF-8` };
  }
}

/** What a request asks for (RFC 9112 section 3.2). */
interface RequestTarget {
  readonly path: string;
  readonly query: Query;
}

/** Nothing that a client sends is refused here: what is no path of ours is not found. */
function readTarget(text: string): RequestTarget {
  const end = text.indexOf("?");
  const path = end === -1 ? text : text.slice(0, end);
  return { path, query: new URLSearchParams(text.slice(path.length)) };
}

/** Undefined for what is no percent-encoding of text. */
function decodePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function send(answer: Answer, response: ServerResponse): void {
  switch (answer.kind) {
    case "value":
      return sendText(response, 200, toJson(answer.value));
    case "refusal":
      return sendText(response, answer.status, toJson({ error: answer.reason }));
    case "lines":
      return sendLines(answer.lines$, response);
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${text}\n`);
}

function sendLines(lines$: Observable<unknown>, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  const subscription = lines$.subscribe({
    next(value) {
      response.write(`${toJson(value)}\n`);
      if (response.writableLength > maxBacklog) response.destroy();
    },
    complete: () => void response.end(),
    // No stream of ours fails; if one does, that ends its listeners and not the agent.
    error: () => void response.destroy(),
  });
  response.on("close", () => subscription.unsubscribe());
}
