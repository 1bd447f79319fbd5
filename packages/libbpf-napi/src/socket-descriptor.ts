import type { Server, Socket } from "node:net";
import { BpfError } from "./errors.ts";

/**
 * The descriptor of a socket of Node's, for maps of sockets. It stays the socket's own.
 *
 * ```ts
 * sockets.set(0, socketDescriptor(server));
 * ```
 *
 * @throws {BpfError} `invalid-state` for one that does not listen yet, is not connected yet, or was closed
 */
export function socketDescriptor(socket: Server | Socket): number {
  // Node has no public way to it; its own child_process hands sockets on by the same field.
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  if (typeof fd === "number" && fd >= 0) return fd;
  throw new BpfError({
    code: "invalid-state",
    operation: "read the descriptor of",
    subject: "a socket of Node's",
    reason: "it has none: it does not listen or is not connected yet, or it was closed",
    hint: 'wait for its event "listening" or "connect"',
  });
}
