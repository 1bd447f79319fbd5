import { addon } from "./addon.ts";
import { BpfError } from "./errors.ts";

interface Held {
  readonly fd: number;
  readonly subject: string;
}

let warned = false;

const forgotten = new FinalizationRegistry<Held>(({ fd, subject }) => {
  addon().fdClose(fd);
  warnForgotten(subject);
});

/** Warns of a handle that was not closed, once per process. */
export function warnForgotten(subject: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(`${subject} was garbage-collected without having been closed`, {
    code: "BPF_HANDLE_LEAKED",
    detail: "Close handles, or declare them with `using`. Further leaks are not reported.",
  });
}

/** A file descriptor with an owner. */
export class Descriptor implements Disposable {
  /** How messages name what it refers to: `map flows`. */
  readonly subject: string;
  #fd: number | undefined;

  /** Takes `fd` over. */
  constructor(fd: number, subject: string) {
    this.#fd = fd;
    this.subject = subject;
    forgotten.register(this, { fd, subject }, this);
  }

  get closed(): boolean {
    return this.#fd === undefined;
  }

  /** The descriptor's number, for the `operation` that messages name. */
  number(operation: string): number {
    if (this.#fd !== undefined) return this.#fd;
    throw new BpfError({
      code: "handle-closed",
      operation,
      subject: this.subject,
      reason: "the handle was closed",
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  close(): void {
    const fd = this.release();
    if (fd !== undefined) addon().fdClose(fd);
  }

  /** Gives the number to the caller, who closes it; undefined when it was closed before. */
  release(): number | undefined {
    const fd = this.#fd;
    this.#fd = undefined;
    forgotten.unregister(this);
    return fd;
  }
}
