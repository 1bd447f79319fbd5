import type { BtfValue } from "./btf-codec.ts";
import type { KeyedMap, KernelMapHandle } from "./map-types.ts";

/** Where a map of which there is no spec is found. */
export type MapPlace =
  | {
      /** Its path in a BPF file system. */
      readonly pin: string;
    }
  | {
      /** Its id, which a program, a map of maps or bpftool tells. */
      readonly id: number;
    };

/**
 * A map of whatever type, with keys and values as the kernel copies them. A per-CPU map's value is
 * that of all possible CPUs, each at a multiple of 8 bytes. A map of maps, programs or sockets takes
 * descriptors and tells ids. A queue, a stack or a bloom filter has keys of no bytes: `set` pushes,
 * `get` peeks and `take` pops.
 */
export interface RawMap extends KeyedMap<Uint8Array, Uint8Array>, KernelMapHandle {
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
  /** Bytes of a key. */
  readonly keySize: number;
  /** Bytes of a value, of all CPUs. */
  readonly valueSize: number;
}

/**
 * A map whose keys and values are read and written by the type information that it was created with.
 * A per-CPU map's value is an array of one value per possible CPU.
 */
export interface DecodedMap extends KeyedMap<BtfValue, BtfValue>, KernelMapHandle {
  /** As bpftool prints it: `lru_hash`. */
  readonly type: string;
}
