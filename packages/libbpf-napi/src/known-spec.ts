import type { ArenaSpec } from "./arena.ts";
import type { Codec } from "./codec.ts";
import type { BloomFilterSpec, QueueSpec } from "./queue-types.ts";
import type { AnyMapSpec, NamedMapSpec } from "./spec.ts";
import type { UserRingBufferSpec } from "./user-ring-buffer.ts";

/** A map with entries of whatever type. */
interface EntrySpec extends NamedMapSpec {
  /** As bpftool prints it. */
  readonly type: string;
  readonly key: Codec<unknown>;
  readonly value: Codec<unknown>;
}

/** Every spec that this package makes maps of. */
export type KnownSpec =
  | AnyMapSpec
  | ArenaSpec
  | UserRingBufferSpec<unknown>
  | QueueSpec<unknown>
  | BloomFilterSpec<unknown>
  | EntrySpec;
