import { idKinds } from "./addon-links.ts";
import { addon } from "./addon.ts";
import { describeLink } from "./describe-link.ts";
import { Descriptor } from "./descriptor.ts";
import { type Attempt, type BpfError, check, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import type { LinkInfo } from "./link-info-types.ts";
import type { Link, LinkUpdateOptions } from "./link-types.ts";
import { openPin, pinDescriptor } from "./pin.ts";
import type { Program } from "./program-types.ts";

/**
 * Opens a pinned link: whoever opens it can update and detach it as its maker could.
 *
 * @throws {BpfError} `pin-missing`, `incompatible-pin` when another kind of thing is pinned there
 */
export function openPinnedLink(path: string): Link {
  return createLink(openPin(path, "link"), `link pinned at ${path}`);
}

/**
 * Opens a link by its id, which {@link links}, {@link queryTcx} or bpftool tells (Linux 5.8). The link
 * then lives until this handle is closed, too: closing it detaches the program only if its maker is
 * gone.
 *
 * ```ts
 * const { programs } = await queryTcx(interfaceIndex(2), "ingress");
 * await using link = openLinkById(programs[0]?.linkId ?? 0);
 * await link.detach();
 * ```
 *
 * @throws {BpfError} `no-such-link`, `not-permitted` without the capability CAP_SYS_ADMIN
 */
export function openLinkById(id: number): Link {
  const attempt = { operation: "open link", subject: `of id ${String(id)}` };
  const fd = check(attempt, addon().fdOfId(idKinds.link, id), {
    ENOENT: { code: "no-such-link", reason: "no link has it, or has it any more" },
    EAGAIN: { code: "no-such-link", reason: "the link is still being made", hint: "try again" },
  });
  return createLink(fd, `link of id ${String(id)}`);
}

/** The handle of a link. Takes `fd` over. */
export function createLink(fd: number, subject: string): Link {
  return new KernelLink(new LinkDescriptor(fd, subject));
}

/** What a link handle needs of whatever refers to the link. */
export type LinkHold = Pick<Descriptor, "subject" | "closed" | "number" | "close"> & {
  /** Closes off the event loop: the last reference to a link detaches it. */
  closeLater(): Promise<void>;
};

const undetachable: Explanation = {
  code: "unsupported-feature",
  reason: "the kernel detaches links of this kind only when nothing refers to them any more",
  hint: "unpin it, and close every handle of it",
};

class LinkDescriptor extends Descriptor implements LinkHold {
  async closeLater(): Promise<void> {
    const fd = this.release();
    if (fd !== undefined) await addon().linkClose(fd);
  }
}

const holds = new WeakMap<object, LinkHold>();

/** The descriptor behind a link that this package made. */
export function linkNumber(link: Link, operation: string): number {
  const hold = holds.get(link);
  return (hold ?? descriptorOf(link, operation)).number(operation);
}

const gone: Explanation = {
  code: "target-gone",
  reason: "the device or cgroup that it was attached to is gone",
  hint: "close this link, and attach the program anew",
};

/** A link by whatever refers to it. */
export class KernelLink implements Link {
  readonly #descriptor: LinkHold;

  constructor(descriptor: LinkHold) {
    this.#descriptor = descriptor;
    holds.set(this, descriptor);
  }

  get closed(): boolean {
    return this.#descriptor.closed;
  }

  info(): LinkInfo {
    const attempt = this.#attempt("read info of");
    const info = addon().linkInfo(this.#descriptor.number(attempt.operation));
    if (typeof info === "number") throw kernelError(attempt, -info);
    return describeLink(info);
  }

  async update(program: Program, options: LinkUpdateOptions = {}): Promise<void> {
    const attempt = this.#attempt("update");
    const { expectedOld } = options;
    const { error } = await addon().linkUpdate(
      this.#descriptor.number(attempt.operation),
      numberOf(program, attempt),
      expectedOld === undefined ? -1 : numberOf(expectedOld, attempt),
    );
    if (error !== 0) throw this.#updateError(attempt, error, expectedOld);
  }

  pin(path: string): void {
    pinDescriptor(this.#descriptor, path);
  }

  async detach(): Promise<void> {
    const attempt = this.#attempt("detach");
    const { error } = await addon().linkDetach(this.#descriptor.number(attempt.operation));
    if (error !== 0) throw kernelError(attempt, error, { EOPNOTSUPP: undetachable });
  }

  close(): Promise<void> {
    return this.#descriptor.closeLater();
  }

  [Symbol.dispose](): void {
    this.#descriptor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The kernel answers EPERM also when the link runs another program than expected. */
  #updateError(attempt: Attempt, error: number, expectedOld: Program | undefined): BpfError {
    const running = this.info().programId;
    const expected = expectedOld?.info().id;
    const stale: Explanation = {
      code: "stale-program",
      reason: `it runs program ${String(running)}, not ${String(expected)} as expected`,
      hint: "another process updated it",
    };
    const isStale = expected !== undefined && expected !== running;
    return kernelError(attempt, error, { ENOLINK: gone, ...(isStale ? { EPERM: stale } : {}) });
  }

  #attempt(operation: string): Attempt {
    return { operation, subject: this.#descriptor.subject };
  }
}

function numberOf(program: Program, { operation }: Attempt): number {
  return descriptorOf(program, operation).number(operation);
}
