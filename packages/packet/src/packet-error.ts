import { CodedError } from "@heddle/contracts";

export type PacketErrorCode =
  /** A value does not fit its field, or has not the length that its field has. */
  | "invalid-field"
  /** A layer is of a kind that none of the given codecs builds. */
  | "unknown-layer"
  /** A layer has no number for the layer that follows it. */
  | "unknown-next-layer"
  /** A checksum was left out that cannot be computed from what is there. */
  | "checksum-unavailable";

/** A packet, or a pcapng block, that cannot be built. Parsing never throws. */
export class PacketError extends CodedError<PacketErrorCode> {}

/** The error of a value that its field cannot hold; `where` names it: `ipv4.ttl`. */
export function invalidField(where: string, reason: string, hint?: string): PacketError {
  return new PacketError({
    code: "invalid-field",
    operation: "build",
    subject: where,
    reason,
    hint,
  });
}
