import { once } from "node:events";
import { createServer } from "node:net";

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
  // Node has no public way to a socket's descriptor.
  const handle: unknown = Reflect.get(server, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  if (typeof fd !== "number") throw new Error("the socket has no descriptor");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the socket has no port");
  return {
    fd,
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
