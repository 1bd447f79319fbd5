import type { AnyLayer } from "./layer.ts";
import type { Packet } from "./packet.ts";

/** A name of the wire, or its bare number, as words: `echo-request` is `echo request`. */
export function words(name: string | number): string {
  return String(name).replaceAll("-", " ");
}

/** ` length 5`, with what was not captured, where that is known; nothing for an empty payload. */
export function describeLength({ payload, missing }: Packet<AnyLayer>): string {
  const length = payload.length + (Number.isFinite(missing) ? missing : 0);
  return length === 0 ? "" : ` length ${String(length)}`;
}
