import { once } from "node:events";
import { createServer } from "node:net";

/** A TCP socket that listens on the loopback; disposing closes it. */
export interface ListeningSocket extends AsyncDisposable {
  readonly fd: number;
}

export async function listen(): Promise<ListeningSocket> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Node has no public way to a socket's descriptor.
  const handle: unknown = Reflect.get(server, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  if (typeof fd !== "number") throw new Error("the socket has no descriptor");
  return {
    fd,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
