import { addon } from "./addon.ts";
import { Descriptor } from "./descriptor.ts";
import { check } from "./errors.ts";

/** A process of this machine, to be named to task storage. */
export interface Task extends Disposable {
  /** A descriptor (`pidfd_open(2)`) that stays this process's, even when its number is used again. */
  readonly fd: number;
  close(): void;
}

/**
 * Opens the process with the number `pid`.
 *
 * @throws {BpfError} `kernel-error` ESRCH when there is none
 */
export function openTask(pid: number): Task {
  const subject = `process ${String(pid)}`;
  const attempt = { operation: "open", subject };
  const fd = check(attempt, addon().taskOpen(pid), {
    ESRCH: { reason: "there is no such process" },
  });
  const descriptor = new Descriptor(fd, subject);
  return {
    get fd() {
      return descriptor.number("use");
    },
    close: () => descriptor.close(),
    [Symbol.dispose]: () => descriptor.close(),
  };
}
