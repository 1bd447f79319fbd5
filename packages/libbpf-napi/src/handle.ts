import type { Descriptor } from "./descriptor.ts";
import { BpfError } from "./errors.ts";
import { pinDescriptor } from "./pin.ts";

/**
 * Something of the kernel's that this process holds: a map, a program, a link. It is closed
 * explicitly, or by `using`; one that was forgotten is closed when it is garbage-collected, with one
 * warning per process.
 */
export interface Handle extends Disposable, AsyncDisposable {
  /** Whether it was closed; every other use of it then throws `handle-closed`. */
  readonly closed: boolean;
  /**
   * Gives the object a name in the BPF file system, where it outlives this process.
   *
   * @throws {BpfError} `pin-exists`, `not-bpffs`, `not-permitted`
   */
  pin(path: string): void;
  /** Releases this handle. The object lives on while a pin, a program or another handle refers to it. */
  close(): void;
}

const descriptors = new WeakMap<object, Descriptor>();

/** The part that all handles have in common. */
export class DescriptorHandle implements Handle {
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    descriptors.set(this, descriptor);
  }

  get closed(): boolean {
    return this.#descriptor.closed;
  }

  pin(path: string): void {
    pinDescriptor(this.#descriptor, path);
  }

  close(): void {
    this.#descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** The descriptor behind a handle that this package made. */
export function descriptorOf(handle: object, operation: string): Descriptor {
  const descriptor = descriptors.get(handle);
  if (descriptor !== undefined) return descriptor;
  throw new BpfError({
    code: "invalid-argument",
    operation,
    subject: "a handle",
    reason: "it was not made by this package, or by another copy of it",
  });
}
