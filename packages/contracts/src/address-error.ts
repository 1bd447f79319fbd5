import { CodedError } from "./coded-error.ts";

export type AddressErrorCode =
  | "invalid-ipv4"
  | "invalid-ipv6"
  | "invalid-prefix"
  | "invalid-mac"
  | "invalid-port"
  | "invalid-identity"
  | "invalid-interface-index";

/** Text, bytes or a number that is not the address, prefix, port, identity or index it was taken for. */
export class AddressError extends CodedError<AddressErrorCode> {}

/** Why something does not parse, and what to write instead where that is known. */
export interface Problem {
  readonly reason: string;
  readonly hint?: string;
}

/** Quotes what was given, shortened so that a message stays one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
