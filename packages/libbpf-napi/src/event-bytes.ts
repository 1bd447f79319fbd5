import { decodeFromBytes } from "./codec.ts";
import { encodeParts } from "./map-shape.ts";
import type { EventCodec } from "./record-codec.ts";

/** What of a spec says how its events lie in memory. */
interface EventSpec<E> {
  readonly name: string;
  readonly event: EventCodec<E>;
}

/** The event as a record, in bytes of its own. */
export function encodeEvent<E>({ name, event }: EventSpec<E>, value: E): Uint8Array {
  // The bytes that a codec hands out may be the caller's.
  if ("encodeRecord" in event) return Uint8Array.from(event.encodeRecord(value));
  return encodeParts(name, "value", event, [value]);
}

/** The event of a record that has its size. */
export function decodeEvent<E>({ event }: EventSpec<E>, bytes: Uint8Array): E {
  return "decodeRecord" in event ? event.decodeRecord(bytes) : decodeFromBytes(event, bytes);
}
