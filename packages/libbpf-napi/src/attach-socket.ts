import { addon } from "./addon.ts";
import type { SocketOptions } from "./attachment-types.ts";
import { type Attempt, check, type Explanation } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import type { Program } from "./program-types.ts";

/** As native/src/socket.c numbers them. */
const hooks = { filter: 0, reuseport: 1 } as const;

/**
 * Lets a program of a section `socket` decide how much of each packet a socket receives (`SO_ATTACH_BPF`, Linux
 * 3.19), or one of a section `sk_reuseport` or `socket` which of the sockets of one port takes it
 * (`SO_ATTACH_REUSEPORT_EBPF`, Linux 4.19). It takes the place of the program that was there. The socket holds it
 * until it is closed, or {@link detachSocket} takes it away.
 *
 * ```ts
 * attachSocket(object.program("only_dns"), { fd, hook: "filter" });
 * ```
 *
 * @throws {BpfError} `invalid-argument` for a program of another type, or a socket without `SO_REUSEPORT`;
 * `target-gone` for a descriptor that is not a socket; `not-permitted`
 */
export function attachSocket(program: Program, { fd, hook }: SocketOptions): void {
  const attempt = attemptOf(`attach program ${program.name} to`, { fd, hook });
  const number = descriptorOf(program, attempt.operation).number(attempt.operation);
  check(attempt, addon().socketProgram(fd, hooks[hook], number), explanations);
}

/**
 * Takes a socket's program away.
 *
 * @throws {BpfError} `target-gone` when there is none, or the descriptor is not a socket
 */
export function detachSocket({ fd, hook }: SocketOptions): void {
  const attempt = attemptOf("detach program of", { fd, hook });
  check(attempt, addon().socketProgram(fd, hooks[hook], -1), explanations);
}

const noSocket: Explanation = { code: "target-gone", reason: "the descriptor is not of a socket" };

const explanations: Readonly<Record<string, Explanation>> = {
  EBADF: noSocket,
  ENOTSOCK: noSocket,
  ENOENT: { code: "target-gone", reason: "the socket has no program" },
  EINVAL: {
    code: "invalid-argument",
    reason: "the kernel refused the program or the socket for it",
    hint: "filters are of a section socket; reuseport takes sk_reuseport, and a socket with SO_REUSEPORT that is bound",
  },
};

function attemptOf(operation: string, { fd, hook }: SocketOptions): Attempt {
  return { operation, subject: `socket ${String(fd)} by ${hook}` };
}
