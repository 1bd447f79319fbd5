import { addon } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { nativeMapInfo } from "./kernel-map-base.ts";
import type { KernelMapHandle } from "./map-types.ts";

/** Memory that programs and this process share: what one writes, the other reads at once. */
export interface MappedMemory extends Disposable {
  /** Empty once it was closed, as is every other view of its buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly closed: boolean;
  /** Takes the memory away from JavaScript. Idempotent. */
  close(): void;
}

/**
 * Shares the memory of an array that was made with `BPF_F_MMAPABLE` (0x400). Values lie at multiples
 * of 8 bytes. The memory lives on until it is closed, also without the handle.
 *
 * @throws {BpfError} `invalid-argument` for a map without memory to share, `invalid-state` for a frozen one
 */
export function mapMemory(map: KernelMapHandle): MappedMemory {
  return memoryOf(descriptorOf(map, "share the memory of"));
}

/** Bytes at whose multiples an array has its values. */
const stride = 8;

export function memoryOf(descriptor: Descriptor): MappedMemory {
  const attempt = { operation: "share the memory of", subject: descriptor.subject };
  const { valueSize, maxEntries } = nativeMapInfo(descriptor);
  const size = Math.ceil(valueSize / stride) * stride * maxEntries;
  const memory = addon().memoryMap(descriptor.number(attempt.operation), size);
  if (memory instanceof ArrayBuffer) return sharedMemory(memory);
  const unshared = {
    code: "invalid-argument",
    reason: "its memory cannot be shared",
    hint: "it takes an array with the flag BPF_F_MMAPABLE (0x400)",
  } as const;
  throw kernelError(attempt, -memory, {
    EINVAL: unshared,
    ENOTSUPP: unshared,
    ENODEV: unshared,
    EPERM: { code: "invalid-state", reason: "it is frozen: its values no longer change" },
  });
}

/** Takes a buffer of the addon's over. */
export function sharedMemory(buffer: ArrayBuffer): MappedMemory {
  return new SharedMemory(buffer);
}

class SharedMemory implements MappedMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #closed = false;

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    addon().memoryRelease(this.bytes.buffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
