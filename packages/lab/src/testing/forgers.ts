import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** A server on 127.0.0.1 that sends back as many bytes as it got, with the last one changed. */
export interface Forger extends Disposable {
  readonly port: number;
}

function forge(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]);
}

/** Over HTTP. */
export async function createHttpForger(): Promise<Forger> {
  const server = createServer((asked, response) => {
    void readAll(asked).then((bytes) => response.end(forge(bytes)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.dispose]: () => void server.close(),
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Over UDP; the first datagrams are ignored. */
export async function createUdpForger(ignored = 0): Promise<Forger> {
  const socket = createSocket("udp4");
  let seen = 0;
  socket.on("message", (bytes, peer) => {
    if (seen++ >= ignored) socket.send(forge(bytes), peer.port, peer.address);
  });
  await once(socket.bind(0, "127.0.0.1"), "listening");
  return { port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
}
