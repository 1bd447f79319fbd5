import type { AnyLayer } from "../layer.ts";

/** The kind of the innermost IP header around a layer. */
export function enclosingIp(enclosing: readonly AnyLayer[]): "ipv4" | "ipv6" | undefined {
  for (const { kind } of enclosing.toReversed()) {
    if (kind === "ipv4" || kind === "ipv6") return kind;
  }
  return undefined;
}
