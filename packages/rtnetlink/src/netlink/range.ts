import type { Scalar } from "./payload.ts";
import { struct, type Struct } from "./struct.ts";

/** From the first to the last, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Two numbers one after the other. */
export function range(scalar: Scalar<number>): Struct<Range> {
  return struct({ first: scalar, last: scalar });
}
