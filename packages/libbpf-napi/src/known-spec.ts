import type { BloomFilterSpec, QueueSpec } from "./queue-types.ts";
import type { AnyMapSpec } from "./spec.ts";

/** Every spec that this package makes maps of. */
export type KnownSpec = AnyMapSpec | QueueSpec<unknown> | BloomFilterSpec<unknown>;
