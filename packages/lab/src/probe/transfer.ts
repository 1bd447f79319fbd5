import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { toError } from "@heddle/contracts";
import type { DialTarget } from "./dial.ts";

// An import of node:http loads its WebSocket too, see probe-server.ts.
const { request } = process.getBuiltinModule("node:http");

/** What came of sending bytes to a probe server that sends them back. */
export type TransferResult =
  | {
      readonly reached: true;
      /** How many datagrams it took; 1 for TCP. */
      readonly sent: number;
      /** Whether the sender's socket was told that a datagram was larger than the path (EMSGSIZE). */
      readonly tooLarge: boolean;
    }
  | { readonly reached: false; readonly error: string };

/** What a datagram that is to be sent back begins with. */
export const reflectMark: Buffer = Buffer.from("reflect\n");

/** Milliseconds after which a datagram without an answer is sent once more. */
const resendInterval = 250;

/**
 * Sends random bytes to a probe server and reads them back: over TCP as they come, over UDP as one datagram. Never
 * rejects; gives up after `timeout` milliseconds.
 *
 * @param bytes of a datagram, at least as many as {@link reflectMark} has
 */
export async function transfer(
  target: DialTarget,
  bytes: number,
  timeout: number,
): Promise<TransferResult> {
  const signal = AbortSignal.timeout(timeout);
  try {
    return await (target.protocol === "tcp" ? transferTcp : transferUdp)(target, bytes, signal);
  } catch (error) {
    const { message } = toError(error);
    return { reached: false, error: signal.aborted ? `not in ${String(timeout)} ms` : message };
  }
}

async function transferTcp(
  { host, port }: DialTarget,
  bytes: number,
  signal: AbortSignal,
): Promise<TransferResult> {
  const content = randomBytes(bytes);
  const asked = request({ host, port, path: "/reflect", method: "POST", agent: false, signal });
  asked.end(content);
  const [response] = await once(asked, "response", { signal });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return compare(content, Buffer.concat(chunks), { sent: 1, tooLarge: false });
}

async function transferUdp(
  { host, port }: DialTarget,
  bytes: number,
  signal: AbortSignal,
): Promise<TransferResult> {
  const content = Buffer.concat([reflectMark, randomBytes(bytes - reflectMark.length)]);
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let sent = 0;
  let tooLarge = false;
  // Connected, so that an ICMP error comes back as an error of the socket.
  socket.connect(port, host);
  await once(socket, "connect", { signal });
  const send = (): void => {
    sent++;
    // What is too large is told by an event, too, or is sent in fragments the next time.
    socket.send(content, (error) => void (error !== null && notice(error)));
  };
  const notice = (error: Error & { code?: string }): void => {
    if (error.code === "EMSGSIZE") tooLarge = true;
    else reject(error);
  };
  socket.on("error", notice);
  socket.on("message", resolve);
  signal.addEventListener("abort", () => reject(new Error("aborted")));
  const timer = setInterval(send, resendInterval);
  try {
    send();
    const answer = await promise;
    return compare(content, answer, { sent, tooLarge });
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

function compare(
  content: Buffer,
  answer: Buffer,
  how: { readonly sent: number; readonly tooLarge: boolean },
): TransferResult {
  if (answer.equals(content)) return { reached: true, ...how };
  const lengths = `${String(answer.length)} bytes for ${String(content.length)}`;
  return { reached: false, error: `other bytes came back: ${lengths}` };
}
