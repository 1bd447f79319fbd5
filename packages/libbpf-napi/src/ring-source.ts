import { addon, type NativeBatch } from "./addon.ts";
import { type Attempt, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";

/** Where a reader's records come from. Numbers below 0 are those of errors. */
export interface RingSource {
  /** Whether the reader is told that there is something to read, and the process held for it. */
  watch(watch: boolean, keepAlive: boolean): number;
  /** 0 when there is nothing to read. */
  read(): NativeBatch | number;
  close(): void;
}

/** Opens what is to be read; `onReadable` is called while it is watched and has something. */
type OpenSource = (onReadable: () => void) => RingSource;

/** A batch ends after so many records or bytes, so that other work of the event loop gets its turn. */
export const batchLimits: { readonly records: number; readonly bytes: number } = {
  records: 2048,
  bytes: 256 * 1024,
};

const sources = new WeakMap<object, OpenSource>();

/** Makes readers of `map` read what `open` gives, and not the kernel. */
export function registerRingSource(map: object, open: OpenSource): void {
  sources.set(map, open);
}

export function openRingSource(map: object, attempt: Attempt, onReadable: () => void): RingSource {
  return sources.get(map)?.(onReadable) ?? kernelSource(map, attempt, onReadable);
}

function kernelSource(map: object, attempt: Attempt, onReadable: () => void): RingSource {
  const fd = descriptorOf(map, attempt.operation).number(attempt.operation);
  const ring = addon().ringOpen(fd, batchLimits.records, batchLimits.bytes, onReadable);
  if (typeof ring === "number") throw kernelError(attempt, -ring);
  return {
    watch: (watch, keepAlive) => addon().ringWatch(ring, watch, keepAlive),
    read: () => addon().ringRead(ring),
    close: () => addon().ringClose(ring),
  };
}
