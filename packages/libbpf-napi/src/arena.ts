import { addon } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { BpfError, kernelError } from "./errors.ts";
import { newDescriptor } from "./kernel-map.ts";
import { KernelMapBase, nativeMapInfo } from "./kernel-map-base.ts";
import { type MappedMemory, sharedMemory } from "./mapped-memory.ts";
import type { KernelMapHandle } from "./map-types.ts";
import type { NamedMapSpec } from "./spec.ts";

/** What a program's source says of an arena: memory in which programs and user space share pointers. */
export interface ArenaSpec extends NamedMapSpec {
  readonly type: "arena";
  /** Pages of memory; up to 4 GiB altogether. */
  readonly maxEntries: number;
  /** At least `BPF_F_MMAPABLE` (0x400). */
  readonly flags: number;
}

/** A handle of an arena. */
export interface KernelArena extends KernelMapHandle {
  readonly spec: ArenaSpec;
  /**
   * Its whole memory, shared with the programs; that of an object's arena is closed by its handle.
   * Pages that nobody used yet are made when they are touched.
   *
   * @throws {BpfError} `invalid-state` when this arena is in the memory of the process already,
   * `invalid-argument` for one with `BPF_F_SEGV_ON_FAULT`, where touching a page can end the process
   */
  memory(): MappedMemory;
  /** What pointers in the arena point to at its beginning. @throws {BpfError} as {@link KernelArena.memory} */
  address(): bigint;
}

/**
 * Makes an arena in the kernel, without any object.
 *
 * @throws {BpfError} `not-permitted`, `unsupported-feature` before Linux 6.9
 */
export async function createArena(spec: ArenaSpec): Promise<KernelArena> {
  const descriptor = await newDescriptor(spec);
  return arenaOf(descriptor, spec, () =>
    addon().memoryMap(descriptor.number("map"), spec.maxEntries * addon().pageSize()),
  );
}

/** The handle of an arena that was checked to be what `spec` says; `map` maps its memory. */
export function arenaOf(
  descriptor: Descriptor,
  spec: ArenaSpec,
  map: () => ArrayBuffer | number,
): KernelArena {
  return new Arena(descriptor, spec, map);
}

/** `BPF_F_SEGV_ON_FAULT` of linux/bpf.h. */
const endOnFault = 1 << 17;

class Arena extends KernelMapBase implements KernelArena {
  readonly spec: ArenaSpec;
  readonly #descriptor: Descriptor;
  readonly #map: () => ArrayBuffer | number;
  #memory: MappedMemory | undefined;

  constructor(descriptor: Descriptor, spec: ArenaSpec, map: () => ArrayBuffer | number) {
    super(descriptor);
    this.spec = spec;
    this.#descriptor = descriptor;
    this.#map = map;
  }

  memory(): MappedMemory {
    const attempt = { operation: "share the memory of", subject: this.#descriptor.subject };
    if ((nativeMapInfo(this.#descriptor).flags & endOnFault) !== 0) {
      throw new BpfError({
        ...attempt,
        code: "invalid-argument",
        reason: "it was made with BPF_F_SEGV_ON_FAULT: touching a page could end this process",
      });
    }
    if (this.#memory !== undefined && !this.#memory.closed) return this.#memory;
    const buffer = this.#map();
    if (typeof buffer === "number") {
      const taken = {
        code: "invalid-state",
        reason: "an arena is in the memory of a process once, at an address that stays",
      } as const;
      throw kernelError(attempt, -buffer, { EBUSY: taken, EINVAL: taken });
    }
    this.#memory = sharedMemory(buffer);
    return this.#memory;
  }

  address(): bigint {
    return addon().memoryAddress(this.memory().bytes.buffer);
  }

  override close(): void {
    this.#memory?.close();
    super.close();
  }
}
