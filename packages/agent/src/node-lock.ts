import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import type { Service } from "@heddle/contracts";
import { AgentError } from "./agent-error.ts";

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly nodeName: string;
}

/**
 * An abstract Unix socket (unix(7)): one per network namespace, which is what a node is; gone with the
 * process that holds it, however that ends.
 */
const lockName = "\0heddle-agent";

/**
 * Sees to it that one agent runs per node. `start` rejects with {@link AgentError} `running-already`, which
 * names the process that runs.
 */
export function createNodeLock(holder: LockHolder, options: NodeLockOptions = {}): Service {
  return new SocketLock(holder, options);
}

export interface NodeLockOptions {
  /** The name of the socket. @defaultValue `heddle-agent`, in the abstract namespace */
  readonly name?: string;
  /** Milliseconds that who has the lock may take to say who it is. @defaultValue 1000 */
  readonly timeout?: number;
}

class SocketLock implements Service {
  readonly #holder: LockHolder;
  readonly #name: string;
  readonly #timeout: number;
  readonly #server: Server;

  constructor(holder: LockHolder, { name = lockName, timeout = 1000 }: NodeLockOptions) {
    this.#holder = holder;
    this.#name = name;
    this.#timeout = timeout;
    this.#server = createServer((socket) => socket.end(JSON.stringify(holder)));
  }

  async start(): Promise<void> {
    try {
      this.#server.listen(this.#name);
      await once(this.#server, "listening");
      this.#server.unref();
    } catch (cause) {
      throw new AgentError({
        code: "running-already",
        operation: "start agent of",
        subject: `node ${this.#holder.nodeName}`,
        reason: `another agent serves this node: ${await askHolder(this.#name, this.#timeout)}`,
        hint: "stop it first; what it attached stays in place",
        cause,
      });
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function askHolder(name: string, timeout: number): Promise<string> {
  let answer = "";
  const socket = connect(name).setEncoding("utf8");
  const timer = setTimeout(() => socket.destroy(), timeout);
  try {
    for await (const text of socket) answer += String(text);
    const { pid, nodeName }: { pid?: unknown; nodeName?: unknown } = Object(JSON.parse(answer));
    return `process ${String(pid)} of node ${String(nodeName)}`;
  } catch {
    return "a process that does not say who it is (ss -xlp lists who listens)";
  } finally {
    clearTimeout(timer);
  }
}
