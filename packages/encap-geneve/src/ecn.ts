/**
 * The codepoints of explicit congestion notification (RFC 3168 section 5): the two low bits of the traffic class.
 */
export const ecn = { notCapable: 0, capable1: 1, capable0: 2, congestion: 3 } as const;

const { notCapable, capable0, capable1, congestion } = ecn;

/** The outer header's codepoint: the inner one's (RFC 6040 section 4.1, normal mode). */
export function encapsulatedEcn(inner: number): number {
  return inner & 3;
}

/**
 * The codepoint with which the inner packet leaves the tunnel (RFC 6040 section 4.2). `drop` where the network
 * reports congestion to a sender that would not understand it.
 */
export function decapsulatedEcn(inner: number, outer: number): number | "drop" {
  return decapsulation[inner & 3]?.[outer & 3] ?? "drop";
}

/** Figure 4 of RFC 6040 by the numbers of the codepoints: inner, then outer. */
const decapsulation: readonly (readonly (number | "drop")[])[] = [
  [notCapable, notCapable, notCapable, "drop"],
  [capable1, capable1, capable1, congestion],
  [capable0, capable1, capable0, congestion],
  [congestion, congestion, congestion, congestion],
];
