import type { Service } from "@heddle/contracts";
import { type Addresses, createAddresses } from "./address/addresses.ts";
import { createLinks, type Links } from "./link/links.ts";
import { nativeChannel } from "./native/native-channel.ts";
import { createNeighbours, type Neighbours } from "./neighbour/neighbours.ts";
import { type Connection, openConnection, type Request } from "./netlink/connection.ts";
import type { Requester } from "./netlink/requester.ts";
import type { NetnsHandle } from "./netns.ts";
import { createRoutes, type Routes } from "./route/routes.ts";
import { RtnetlinkError } from "./rtnetlink-error.ts";
import { createRules, type Rules } from "./rule/rules.ts";

/**
 * Requests to one network namespace.
 *
 * `start` opens a socket inside the namespace; the thread stays where it is, and the handle is not needed any
 * more. Requests are refused before it and after `close`, which waits for those under way. A request
 * under way keeps the process alive, an idle service does not.
 */
export interface Rtnetlink extends Service {
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly neighbours: Neighbours;
  readonly rules: Rules;
}

export interface RtnetlinkDeps {
  /** The namespace; without it, the one that the calling thread is in. Must be open until `start` resolves. */
  readonly netns?: NetnsHandle;
}

export interface RtnetlinkOptions {
  /**
   * Bytes of answers that can wait to be read; the kernel counts its bookkeeping in. A process without
   * `CAP_NET_ADMIN` gets at most `net.core.rmem_max`.
   *
   * @defaultValue 1048576
   */
  readonly receiveBuffer?: number;
}

/** For 64 answers under way, the largest of which (links) take 8 KiB each with the kernel's bookkeeping. */
const defaultReceiveBuffer = 1_048_576;

/** Makes a service that asks and changes the links, addresses, routes, neighbours and rules of a namespace. */
export function createRtnetlink(
  deps: RtnetlinkDeps = {},
  options: RtnetlinkOptions = {},
): Rtnetlink {
  return new SocketRtnetlink(deps.netns, options.receiveBuffer ?? defaultReceiveBuffer);
}

class SocketRtnetlink implements Rtnetlink {
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly neighbours: Neighbours;
  readonly rules: Rules;
  readonly #netns: NetnsHandle | undefined;
  readonly #receiveBuffer: number;
  #connection: Connection | undefined;
  #closed = false;

  constructor(netns: NetnsHandle | undefined, receiveBuffer: number) {
    this.#netns = netns;
    this.#receiveBuffer = receiveBuffer;
    const requester: Requester = {
      request: async (request) => this.#connected(request).request(this.#placed(request)),
      dump: async (request) => this.#connected(request).dump(this.#placed(request)),
    };
    this.links = createLinks(requester);
    this.addresses = createAddresses(requester);
    this.routes = createRoutes(requester);
    this.neighbours = createNeighbours(requester);
    this.rules = createRules(requester);
  }

  async start(): Promise<void> {
    const attempt = {
      operation: "open rtnetlink socket",
      subject: `in ${namespaceName(this.#netns)}`,
    };
    if (this.#closed) throw closedError(attempt.operation, attempt.subject);
    this.#connection ??= openConnection(
      nativeChannel({
        netnsFd: this.#netns?.fd,
        attempt,
        receiveBuffer: this.#receiveBuffer,
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connected({ operation, subject }: Request): Connection {
    if (this.#connection !== undefined) return this.#connection;
    throw closedError(operation, subject);
  }

  #placed(request: Request): Request {
    if (this.#netns === undefined) return request;
    return { ...request, subject: `${request.subject} in ${namespaceName(this.#netns)}` };
  }
}

function namespaceName(netns: NetnsHandle | undefined): string {
  return netns === undefined ? "this namespace" : `namespace ${netns.path}`;
}

/** The refusal of what needs a service that runs. */
export function closedError(operation: string, subject: string): RtnetlinkError {
  return new RtnetlinkError({
    code: "closed",
    operation,
    subject,
    reason: "the service is not running",
    hint: "call start() first, and nothing after close()",
  });
}
