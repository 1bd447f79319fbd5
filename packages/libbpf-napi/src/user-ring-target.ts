import { addon } from "./addon.ts";
import { type Attempt, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";

/** Where a writer's events go. Numbers below 0 are those of errors. */
export interface UserRingTarget {
  /** The number of the reserved place. */
  reserve(size: number): number;
  /** Without bytes, it is discarded. */
  submit(place: number, bytes: Uint8Array | undefined): number;
  /** Discards what is reserved. */
  close(): void;
}

const targets = new WeakMap<object, () => UserRingTarget>();

/** Makes writers of `map` write to what `open` gives, and not to the kernel. */
export function registerUserRingTarget(map: object, open: () => UserRingTarget): void {
  targets.set(map, open);
}

export function openUserRingTarget(map: object, attempt: Attempt): UserRingTarget {
  return targets.get(map)?.() ?? kernelTarget(map, attempt);
}

function kernelTarget(map: object, attempt: Attempt): UserRingTarget {
  const fd = descriptorOf(map, attempt.operation).number(attempt.operation);
  const ring = addon().userRingOpen(fd);
  if (typeof ring === "number") throw kernelError(attempt, -ring);
  return {
    reserve: (size) => addon().userRingReserve(ring, size),
    submit: (place, bytes) => addon().userRingSubmit(ring, place, bytes),
    close: () => addon().userRingClose(ring),
  };
}
