import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { renameSync, rmSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { dial, type DialTarget } from "./dial.ts";
import { reflectMark, transfer } from "./transfer.ts";

// An import of node:http loads its WebSocket too: 30 ms and 13 MB for each probe.
const { createServer } = process.getBuiltinModule("node:http");

/** How long a dial waits for its answer unless the request says otherwise, in milliseconds. */
const dialTimeout = 2000;

/** Bytes of the largest datagram that IPv4 carries. */
const maxDatagram = 65_507;

/** Bytes that are held in memory twice. */
const maxTransfer = 1 << 26;

/**
 * A server that tells who it is and who asks, for trying out a network: HTTP and plain TCP on one
 * port, UDP on the same number. Plain requests are answered with the line `HOSTNAME CLIENT`; a datagram that
 * begins with the line `reflect` is sent back as it is.
 *
 * Over HTTP: `/hostname`, `/clientip`, `/healthz`, `/echo?msg=TEXT`, `/reflect` (sends the body back),
 * `/dial?host=IP&port=N&protocol=tcp|udp` (asks another probe server and tells how that went, as JSON),
 * `/transfer`, the same with `bytes=N` (sends another as much, and compares what comes back); anything else gets
 * both as JSON.
 */
export class ProbeServer {
  readonly #hostname: string;
  readonly #http: Server;
  readonly #open: (Server | TcpServer | DatagramSocket)[] = [];
  #control: string | undefined;

  constructor(hostname: string) {
    this.#hostname = hostname;
    this.#http = createServer((request, response) => void this.#answerHttp(request, response));
  }

  /** Listens for HTTP and plain TCP on every address of both families. */
  async listenTcp(port: number): Promise<void> {
    const server = createTcpServer((socket) => this.#answerTcp(socket));
    server.listen({ port, host: "::" });
    this.#open.push(server);
    await once(server, "listening");
  }

  /** Listens for datagrams on every address of both families. */
  async listenUdp(port: number): Promise<void> {
    const socket = createSocket({ type: "udp6", ipv6Only: false });
    socket.on("message", (question, peer) => {
      // Nobody waits for an answer there (RFC 768, "Source Port").
      if (peer.port === 0) return;
      const isReflected = question.subarray(0, reflectMark.length).equals(reflectMark);
      const answer = isReflected ? question : this.#line(peer.address, peer.port);
      socket.send(answer, peer.port, peer.address, () => {
        // One that has to be smaller is sent so when the client asks again.
      });
    });
    socket.bind(port, "::");
    this.#open.push(socket);
    await once(socket, "listening");
  }

  /**
   * Listens for HTTP on a Unix socket, for those who run the server. Whoever sees it can connect: a socket has its name
   * before anybody listens, so it gets another one first.
   */
  async listenControl(path: string): Promise<void> {
    const draft = `${path}.new`;
    this.#http.listen(draft);
    this.#open.push(this.#http);
    await once(this.#http, "listening");
    renameSync(draft, path);
    this.#control = path;
  }

  close(): void {
    for (const listener of this.#open) listener.close();
    if (this.#control !== undefined) rmSync(this.#control, { force: true });
  }

  #line(address: string, port: number): string {
    return `${this.#hostname} ${clientName(address, port)}\n`;
  }

  /** What begins like an HTTP request goes to the HTTP server, with what was read put back. */
  #answerTcp(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      if (/^[A-Z]+ \//.test(first.toString("latin1"))) {
        socket.pause();
        socket.unshift(first);
        this.#http.emit("connection", socket);
        socket.resume();
        return;
      }
      const line = this.#line(socket.remoteAddress ?? "", socket.remotePort ?? 0);
      socket.write(line);
      socket.on("data", () => socket.write(line));
    });
  }

  async #answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Not by URL, which refuses some of what a client may send.
    const [path = "", ...rest] = (request.url ?? "").split("?");
    const query = new URLSearchParams(rest.join("?"));
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    const client = clientName(remoteAddress, remotePort);
    switch (path) {
      case "/hostname":
        return void response.end(this.#hostname);
      case "/clientip":
        return void response.end(client);
      case "/healthz":
        return void response.end("ok");
      case "/echo":
        return void response.end(query.get("msg") ?? "");
      case "/reflect":
        return void request.pipe(response);
      case "/dial":
        return answerDial(query, response);
      case "/transfer":
        return answerTransfer(query, response);
      default:
        respondJson(response, { hostname: this.#hostname, client });
    }
  }
}

async function answerDial(query: URLSearchParams, response: ServerResponse): Promise<void> {
  const target = dialTarget(query);
  if (target === undefined) {
    response.statusCode = 400;
    respondJson(response, { error: "dial needs host, port and, if not tcp, protocol=udp" });
    return;
  }
  respondJson(response, await dial(target, Number(query.get("timeout") ?? dialTimeout)));
}

async function answerTransfer(query: URLSearchParams, response: ServerResponse): Promise<void> {
  const target = dialTarget(query);
  const bytes = Number(query.get("bytes"));
  const isDatagram = target?.protocol === "udp";
  const [least, most] = isDatagram ? [reflectMark.length, maxDatagram] : [1, maxTransfer];
  if (target === undefined || !Number.isInteger(bytes) || bytes < least || bytes > most) {
    response.statusCode = 400;
    const range = `bytes from ${String(least)} to ${String(most)}`;
    respondJson(response, {
      error: `transfer needs host, port, ${range} and, if not tcp, protocol=udp`,
    });
    return;
  }
  const timeout = Number(query.get("timeout") ?? dialTimeout);
  respondJson(response, await transfer(target, bytes, timeout));
}

function dialTarget(query: URLSearchParams): DialTarget | undefined {
  const host = query.get("host");
  const port = Number(query.get("port"));
  const protocol = query.get("protocol") ?? "tcp";
  const valid = Number.isInteger(port) && port > 0 && port < 65_536;
  if (host === null || !valid || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  return { host, port, protocol };
}

function respondJson(response: ServerResponse, body: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

/** `192.0.2.1:80` or `[2001:db8::1]:80`; a dual-stack socket shows IPv4 clients as mapped addresses. */
function clientName(address: string, port: number): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
  return `${plain.includes(":") ? `[${plain}]` : plain}:${String(port)}`;
}
