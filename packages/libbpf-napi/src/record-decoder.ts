import { toError } from "@heddle/contracts";
import type { NativeBatch } from "./addon.ts";
import type { Codec } from "./codec.ts";
import { BpfError } from "./errors.ts";

/** Records lie at multiples of this in a batch; the same number stands in native/src/records.c. */
export const recordAlignment = 8;

/** What records are decoded by. */
export interface RecordDecoder<E> {
  /** How messages name where they come from. */
  readonly subject: string;
  readonly event: Codec<E>;
  /** How many bytes a record may have beyond its event's. */
  readonly padding: number;
  /** Told of each record that is not an event. */
  readonly onError: (error: Error) => void;
}

/** The events of a batch. */
export function decodeRecords<E>(
  { data, sizes }: NativeBatch,
  decoder: RecordDecoder<E>,
): readonly E[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { event, padding, onError } = decoder;
  const events: E[] = [];
  let offset = 0;
  for (const size of sizes) {
    try {
      if (size < event.size || size > event.size + padding) throw sizeError(decoder, size);
      events.push(event.decode(view, offset));
    } catch (error) {
      onError(toError(error));
    }
    offset += Math.ceil(size / recordAlignment) * recordAlignment;
  }
  return events;
}

function sizeError({ subject, event }: RecordDecoder<unknown>, size: number): BpfError {
  return new BpfError({
    operation: "decode event of",
    subject,
    code: "incompatible-map",
    reason: `a record has ${String(size)} bytes, an event ${String(event.size)}`,
    hint: "generate the spec again from the object that is loaded",
  });
}
