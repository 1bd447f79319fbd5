import { once } from "node:events";
import { createServer } from "node:net";
import { socketDescriptor } from "../socket-descriptor.ts";

/** A TCP socket that listens on the loopback; disposing closes it. */
export interface ListeningSocket extends AsyncDisposable {
  readonly fd: number;
  readonly port: number;
}

interface ListenOptions {
  /** Whether other sockets may listen on the port, too. */
  readonly reusePort?: boolean;
}

export async function listen(options: ListenOptions = {}): Promise<ListeningSocket> {
  const { reusePort = false } = options;
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", reusePort });
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the socket has no port");
  return {
    fd: socketDescriptor(server),
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
