import { createSocket } from "node:dgram";
import { connect } from "node:net";

/** What a dial asks for. */
export interface DialTarget {
  /** IP address. */
  readonly host: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** What came of a dial. */
export type DialResult =
  | {
      readonly reached: true;
      /** The host name that the other side answered with. */
      readonly hostname: string;
      /** The address that the other side saw as its client's. */
      readonly client: string;
      /** From the first packet sent to the answer, in milliseconds. */
      readonly latency: number;
    }
  | { readonly reached: false; readonly error: string };

/** The request; anything that is not HTTP is answered with a line. */
const question = "hostname\n";

/** Asks a probe server for its host name. Never rejects; gives up after `timeout` milliseconds. */
export function dial(target: DialTarget, timeout: number): Promise<DialResult> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<DialResult>();
  const end = (target.protocol === "tcp" ? dialTcp : dialUdp)(target, (outcome) => {
    clearTimeout(timer);
    resolve(outcome instanceof Error ? failure(outcome.message) : parseAnswer(outcome, started));
  });
  const timer = setTimeout(() => {
    end();
    resolve(failure(`no answer in ${String(timeout)} ms`));
  }, timeout);
  return promise;
}

type Finish = (outcome: string | Error) => void;

function dialTcp(target: DialTarget, finish: Finish): () => void {
  let answer = "";
  const socket = connect(target.port, target.host, () => socket.write(question));
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    answer += text;
    if (!answer.includes("\n")) return;
    socket.destroy();
    finish(answer);
  });
  socket.on("error", finish);
  socket.on("close", () => finish(new Error("closed without an answer")));
  return () => socket.destroy();
}

function dialUdp(target: DialTarget, finish: Finish): () => void {
  const socket = createSocket(target.host.includes(":") ? "udp6" : "udp4");
  let open = true;
  const end = (): void => {
    if (open) socket.close();
    open = false;
  };
  socket.on("message", (answer) => {
    end();
    finish(answer.toString());
  });
  socket.on("error", (error) => {
    end();
    finish(error);
  });
  // Connected, so that an ICMP error comes back as an error of the socket.
  socket.once("connect", () => socket.send(question));
  socket.connect(target.port, target.host);
  return end;
}

function parseAnswer(answer: string, started: number): DialResult {
  const latency = performance.now() - started;
  const [hostname = "", client = ""] = answer.trim().split(" ");
  return { reached: true, hostname, client, latency };
}

function failure(error: string): DialResult {
  return { reached: false, error };
}
