import { toError } from "@heddle/contracts";
import type { NativeBatch } from "./addon.ts";
import type { Codec } from "./codec.ts";
import { BpfError } from "./errors.ts";
import type { EventCodec } from "./record-codec.ts";

/** Records lie at multiples of this in a batch; the same number stands in native/src/records.c. */
export const recordAlignment = 8;

/** What records are decoded by. */
export interface RecordDecoder<E> {
  /** How messages name where they come from. */
  readonly subject: string;
  readonly event: EventCodec<E>;
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
  const decode = recordReader(data, decoder);
  const events: E[] = [];
  let offset = 0;
  for (const size of sizes) {
    try {
      events.push(decode(offset, size));
    } catch (error) {
      decoder.onError(toError(error));
    }
    offset += Math.ceil(size / recordAlignment) * recordAlignment;
  }
  return events;
}

/** Reads the record of `size` bytes at an offset. */
function recordReader<E>(
  data: Uint8Array,
  { subject, event, padding }: RecordDecoder<E>,
): (offset: number, size: number) => E {
  if ("decodeRecord" in event) {
    return (offset, size) => event.decodeRecord(data.subarray(offset, offset + size));
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (offset, size) => {
    if (size < event.size || size > event.size + padding) throw sizeError(subject, event, size);
    return event.decode(view, offset);
  };
}

function sizeError(subject: string, event: Codec<unknown>, size: number): BpfError {
  return new BpfError({
    operation: "decode event of",
    subject,
    code: "incompatible-map",
    reason: `a record has ${String(size)} bytes, an event ${String(event.size)}`,
    hint: "generate the spec again from the object that is loaded",
  });
}
