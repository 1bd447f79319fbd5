import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Something that a map can hold, by the descriptor of it. */
export interface OpenThing extends AsyncDisposable {
  readonly fd: number;
}

/** A TCP socket that listens on the loopback. */
export async function openSocket(): Promise<OpenThing> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Node has no public way to a socket's descriptor.
  const handle: unknown = Reflect.get(server, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  if (typeof fd !== "number") throw new Error("the socket has no descriptor");
  return {
    fd,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

/** A new cgroup. */
export function openCgroup(): OpenThing {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const root = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
  if (root === undefined) throw new Error("no cgroup2 is mounted");
  const folder = mkdtempSync(join(root, "hdt-"));
  const fd = openSync(folder, "r");
  return {
    fd,
    [Symbol.asyncDispose]() {
      closeSync(fd);
      rmdirSync(folder);
      return Promise.resolve();
    },
  };
}
