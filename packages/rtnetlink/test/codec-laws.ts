import * as fc from "fast-check";
import { RtnetlinkError } from "../src/index.ts";
import { encodeAttribute } from "../src/netlink/attributes.ts";
import type { Body, BodyCodec } from "../src/netlink/message.ts";

/** Bytes from hexadecimal or base64 text; white space is for the reader. */
export function bytes(text: string, encoding: "hex" | "base64" = "hex"): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), encoding));
}

/** The message read and written again: what the kernel sent has to come out as it was. */
export function rewritten<H, A>(codec: BodyCodec<H, A>, message: Uint8Array): Uint8Array {
  return Uint8Array.from(codec.encode(codec.decode(message)));
}

/**
 * The lengths to which the message cannot be cut safely. A message that is cut short must be refused as
 * malformed or, where it is cut between two attributes, be read up to there.
 */
export function unsafeCuts<H, A>(
  codec: BodyCodec<H, A>,
  message: Uint8Array,
  headerSize: number,
): readonly number[] {
  const lengths = Array.from(message, (_, length) => length);
  return lengths.filter((length) => {
    // A copy, so that nothing beyond the cut can be read.
    const outcome = outcomeOf(codec, message.slice(0, length));
    return outcome === "thrown" || (length < headerSize && outcome !== "refused");
  });
}

/** Throws unless any bytes are refused as malformed, or read as something that stays the same when written and read. */
export function checkTotality<H, A>(codec: BodyCodec<H, A>, headerSize: number): void {
  const attribute = fc
    .record({ type: fc.nat(70), payload: fc.uint8Array({ maxLength: 24 }) })
    .map(({ type, payload }) => encodeAttribute(type, payload));
  const wellFramed = fc
    .tuple(
      fc.uint8Array({ minLength: headerSize, maxLength: headerSize }),
      fc.array(attribute, { maxLength: 8 }),
    )
    .map(([header, attributes]) => Uint8Array.from(Buffer.concat([header, ...attributes])));
  fc.assert(
    fc.property(fc.oneof(wellFramed, fc.uint8Array({ maxLength: 80 })), (message) => {
      const outcome = outcomeOf(codec, message);
      if (outcome === "refused" || outcome === "thrown") return outcome === "refused";
      const again = codec.decode(codec.encode(outcome));
      return fc.stringify(again) === fc.stringify(outcome);
    }),
  );
}

function outcomeOf<H, A>(
  codec: BodyCodec<H, A>,
  message: Uint8Array,
): Body<H, A> | "refused" | "thrown" {
  try {
    return codec.decode(message);
  } catch (error) {
    const isRefusal = error instanceof RtnetlinkError && error.code === "malformed";
    return isRefusal ? "refused" : "thrown";
  }
}
