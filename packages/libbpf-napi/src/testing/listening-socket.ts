import { once } from "node:events";
import { createServer } from "node:net";
import { socketDescriptor } from "../socket-descriptor.ts";

/** A TCP socket that listens on the loopback; disposing closes it. */
export interface ListeningSocket extends AsyncDisposable {
  readonly fd: number;
}

export async function listen(): Promise<ListeningSocket> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    fd: socketDescriptor(server),
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
