import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";
import { addon, type NativeLinkInfo } from "./addon.ts";
import { Descriptor } from "./descriptor.ts";
import { type Attempt, type BpfError, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { cgroupAttachTypes, linkTypeName, tcxAttachTypes } from "./kernel-names.ts";
import type { CgroupHook, Link, LinkInfo, LinkUpdateOptions } from "./link-types.ts";
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

/** The handle of a link. Takes `fd` over. */
export function createLink(fd: number, subject: string): Link {
  return new KernelLink(new Descriptor(fd, subject));
}

const gone: Explanation = {
  code: "target-gone",
  reason: "the device or cgroup that it was attached to is gone",
  hint: "close this link, and attach the program anew",
};

class KernelLink implements Link {
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
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
    if (error !== 0) throw kernelError(attempt, error);
  }

  async close(): Promise<void> {
    const fd = this.#descriptor.release();
    if (fd !== undefined) await addon().linkClose(fd);
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

function describeLink(info: NativeLinkInfo): LinkInfo {
  const { id, programId, ifindex, attachType, cgroupId = 0n } = info;
  const type = linkTypeName(info.type);
  switch (type) {
    case "tcx": {
      const hook = attachType === tcxAttachTypes.ingress ? "ingress" : "egress";
      return { type, id, programId, ifindex: presentInterface(ifindex), hook };
    }
    case "xdp":
      return { type, id, programId, ifindex: presentInterface(ifindex) };
    case "cgroup":
      return { type, id, programId, cgroupId, hook: cgroupHook(attachType) };
    default:
      return { type: "other", id, programId, kind: type };
  }
}

function presentInterface(index: number | undefined): InterfaceIndex | undefined {
  return index === undefined || index === 0 ? undefined : interfaceIndex(index);
}

function cgroupHook(attachType: number | undefined): CgroupHook | undefined {
  return cgroupHooks.find((hook) => cgroupAttachTypes[hook] === attachType);
}

const cgroupHooks = Object.keys(cgroupAttachTypes).filter(isCgroupHook);

function isCgroupHook(name: string): name is CgroupHook {
  return name in cgroupAttachTypes;
}
