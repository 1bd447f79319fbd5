import { addon } from "./addon.ts";
import type { NativeAttached } from "./addon-links.ts";
import { warnForgotten } from "./descriptor.ts";
import { BpfError } from "./errors.ts";
import type { LinkHold } from "./link.ts";

const forgotten = new FinalizationRegistry<string>((subject) => warnForgotten(subject));

/** What libbpf attached; it keeps more than a descriptor of it. The addon detaches what is forgotten. */
export class Attached implements LinkHold {
  readonly subject: string;
  readonly #fd: number;
  #attached: NativeAttached | undefined;

  constructor(attached: NativeAttached, fd: number, subject: string) {
    this.#attached = attached;
    this.#fd = fd;
    this.subject = subject;
    forgotten.register(this, subject, this);
  }

  get closed(): boolean {
    return this.#attached === undefined;
  }

  number(operation: string): number {
    const { subject } = this;
    if (this.#attached === undefined) {
      const reason = "the handle was closed";
      throw new BpfError({ code: "handle-closed", operation, subject, reason });
    }
    if (this.#fd >= 0) return this.#fd;
    throw new BpfError({
      code: "unsupported-feature",
      operation,
      subject,
      reason: "what watches static tracepoints is no single link, and can only be closed",
    });
  }

  close(): void {
    void this.closeLater();
  }

  async closeLater(): Promise<void> {
    const attached = this.#attached;
    this.#attached = undefined;
    forgotten.unregister(this);
    if (attached !== undefined) await addon().attachedClose(attached);
  }
}
