import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { toError } from "@heddle/contracts";
import * as v from "valibot";
import type { AgentStatus } from "../agent.ts";
import { AgentError } from "../agent-error.ts";
import {
  type EndpointRow,
  endpointsSchema,
  endpointUpsertSchema,
  statusSchema,
} from "./answers.ts";
import { type RemovalLine, removalLineSchema } from "./connections.ts";
import {
  type EventFilter,
  eventsPath,
  type FlowLine,
  flowLineSchema,
  lostSchema,
} from "./events.ts";
import {
  type TableChange,
  tableChangeSchema,
  tablePath,
  type TableRow,
  tableRowsSchema,
  type TableSummary,
  tablesSchema,
} from "./table-answers.ts";

// An import of node:http loads its WebSocket too, 30 of the 100 ms that a short command takes.
const { request } = process.getBuiltinModule("node:http");

/** Where the agent listens unless it is told otherwise. */
export const defaultSocket = "/run/heddle/agent.sock";

/**
 * Asks a running agent. Every method throws {@link AgentError} `not-reachable` or `bad-answer`.
 *
 * A stream goes on until its loop is left, the signal is aborted, or the agent goes away, which is
 * `not-reachable` too.
 */
export interface AgentClient {
  /** How the agent and its parts are. */
  status(): Promise<AgentStatus>;
  /** The pods of the agent's node. */
  endpoints(): Promise<readonly EndpointRow[]>;
  /** Each pod's state, now and whenever it changes. */
  watchEndpoints(signal?: AbortSignal): AsyncGenerator<EndpointRow, void>;
  /** What became of packets, from now on. */
  events(filter: EventFilter, signal?: AbortSignal): AsyncGenerator<FlowLine, void>;
  /** How many events were lost since the agent started, by kind. */
  lostEvents(): Promise<Readonly<Record<string, number>>>;
  /** The connections that leave the table of connections, from the line `listening` on. */
  removedConnections(signal?: AbortSignal): AsyncGenerator<RemovalLine, void>;
  /** The tables that the agent shows. */
  tables(): Promise<readonly TableSummary[]>;
  /** The rows of a table. */
  tableRows(name: string): Promise<readonly TableRow[]>;
  /** A table's rows, a `synced` when these are all, and then what changes. */
  watchTable(name: string, signal?: AbortSignal): AsyncGenerator<TableChange, void>;
  /** The value at a path such as `/v1/status`. */
  get(path: string): Promise<unknown>;
  /** The lines of a stream such as `/v1/events`. */
  lines(path: string, signal?: AbortSignal): AsyncGenerator<unknown, void>;
}

export interface AgentClientOptions {
  /**
   * Milliseconds that the agent has for an answer, and for the beginning of a stream.
   *
   * @defaultValue 5000
   */
  readonly timeout?: number;
}

/** A client of the agent that listens at the Unix socket. */
export function createAgentClient(
  socket: string = defaultSocket,
  options: AgentClientOptions = {},
): AgentClient {
  return new SocketClient(socket, options);
}

class SocketClient implements AgentClient {
  readonly #socket: string;
  readonly #timeout: number;

  constructor(socket: string, { timeout = 5000 }: AgentClientOptions) {
    this.#socket = socket;
    this.#timeout = timeout;
  }

  status(): Promise<AgentStatus> {
    return this.#ask("/v1/status", statusSchema);
  }

  endpoints(): Promise<readonly EndpointRow[]> {
    return this.#ask("/v1/tables/endpoints", endpointsSchema);
  }

  async *watchEndpoints(signal?: AbortSignal): AsyncGenerator<EndpointRow, void> {
    for await (const line of this.lines("/v1/tables/endpoints?watch=true", signal)) {
      const upsert = v.safeParse(endpointUpsertSchema, line);
      if (upsert.success) yield upsert.output;
    }
  }

  events(filter: EventFilter, signal?: AbortSignal): AsyncGenerator<FlowLine, void> {
    return this.#follow(eventsPath(filter), flowLineSchema, signal);
  }

  lostEvents(): Promise<Readonly<Record<string, number>>> {
    return this.#ask("/v1/events/lost", lostSchema);
  }

  removedConnections(signal?: AbortSignal): AsyncGenerator<RemovalLine, void> {
    return this.#follow("/v1/connections/removed", removalLineSchema, signal);
  }

  tables(): Promise<readonly TableSummary[]> {
    return this.#ask("/v1/tables", tablesSchema);
  }

  tableRows(name: string): Promise<readonly TableRow[]> {
    return this.#ask(tablePath(name), tableRowsSchema);
  }

  watchTable(name: string, signal?: AbortSignal): AsyncGenerator<TableChange, void> {
    return this.#follow(`${tablePath(name)}?watch=true`, tableChangeSchema, signal);
  }

  async get(path: string): Promise<unknown> {
    const late = AbortSignal.timeout(this.#timeout);
    try {
      return await valueOf(path, await this.#open(path, late));
    } catch (error) {
      if (error instanceof AgentError) throw error;
      throw late.aborted ? this.#silent(error) : wentAway(this.#socket, error);
    }
  }

  async *lines(path: string, signal?: AbortSignal): AsyncGenerator<unknown, void> {
    const begun = new AbortController();
    const timer = setTimeout(() => begun.abort(), this.#timeout);
    const response = await this.#open(path, begun.signal).finally(() => clearTimeout(timer));
    const end = () => void response.destroy();
    signal?.addEventListener("abort", end);
    try {
      if (response.statusCode !== 200) await valueOf(path, response);
      if (signal?.aborted !== true) yield* linesOf(path, response);
    } catch (error) {
      if (signal?.aborted === true) return;
      throw error instanceof AgentError ? error : wentAway(this.#socket, error);
    } finally {
      signal?.removeEventListener("abort", end);
      response.destroy();
    }
    // The agent itself never ends a stream.
    if (signal?.aborted !== true) throw wentAway(this.#socket);
  }

  async #open(path: string, late: AbortSignal): Promise<IncomingMessage> {
    try {
      return await open(this.#socket, path, late);
    } catch (cause) {
      if (late.aborted) throw this.#silent(cause);
      throw new AgentError({
        code: "not-reachable",
        operation: "ask agent at",
        subject: this.#socket,
        ...explain(toError(cause).message),
        cause,
      });
    }
  }

  #silent(cause: unknown): AgentError {
    return new AgentError({
      code: "not-reachable",
      operation: "ask agent at",
      subject: this.#socket,
      reason: `it did not answer in ${String(this.#timeout / 1000)} s`,
      hint: "its process is busy or stopped",
      cause,
    });
  }

  async #ask<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T> {
    return read(path, schema, await this.get(path));
  }

  async *#follow<T>(
    path: string,
    schema: v.GenericSchema<unknown, T>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void> {
    for await (const line of this.lines(path, signal)) yield read(path, schema, line);
  }
}

function read<T>(path: string, schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw badAnswer(path, place === null ? issue.message : `${place}: ${issue.message}`);
}

async function open(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  // A connection of its own: one that was kept may lead to an agent that has ended.
  const asked = request({ socketPath, path, agent: false, signal }).end();
  const [response] = await once(asked, "response");
  return response;
}

/** The value that the agent answered; throws when it refused. */
async function valueOf(path: string, response: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  const value = parse(path, text);
  if (response.statusCode === 200) return value;
  throw badAnswer(path, errorOf(value));
}

async function* linesOf(path: string, response: IncomingMessage): AsyncGenerator<unknown, void> {
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield parse(path, line);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badAnswer(path, toError(cause).message, cause);
  }
}

function explain(message: string): { readonly reason: string; readonly hint: string } {
  if (message.includes("EACCES")) {
    return { reason: "only root may connect to it", hint: "run the command as root" };
  }
  const hint = "start the agent, or choose its socket by --socket or HEDDLE_SOCKET";
  if (message.includes("ENOENT")) return { reason: "there is no such socket", hint };
  if (message.includes("ECONNREFUSED")) return { reason: "nobody listens at it", hint };
  return { reason: message, hint };
}

function errorOf(value: unknown): string {
  return typeof value === "object" && value !== null && "error" in value
    ? String(value.error)
    : "it gave no reason";
}

function badAnswer(path: string, reason: string, cause?: unknown): AgentError {
  const operation = "ask agent for";
  return new AgentError({ code: "bad-answer", operation, subject: path, reason, cause });
}

function wentAway(socket: string, cause?: unknown): AgentError {
  return new AgentError({
    code: "not-reachable",
    operation: "listen to agent at",
    subject: socket,
    reason: "it went away, or dropped a listener that is too slow",
    hint: "heddle status tells whether it runs",
    cause,
  });
}
