import { describePacket, parsePacket } from "@heddle/packet";

/** What a program does with a packet. */
export type Verdict = "next" | "drop" | "redirect";

/** `TC_ACT_UNSPEC`, `TC_ACT_SHOT`, `TC_ACT_REDIRECT` of linux/pkt_cls.h. */
const verdicts: Readonly<Record<Verdict, number>> = { next: -1, drop: 2, redirect: 7 };

/** What {@link wrongOutcome} compares. */
export interface Outcome {
  /** What the program returned. */
  readonly returnValue: number;
  /** The packet as it was left. */
  readonly data: Uint8Array;
}

/** How a program's run was not what was expected; undefined when it was. */
export function wrongOutcome(
  { returnValue, data }: Outcome,
  verdict: Verdict,
  expected: Uint8Array,
): string | undefined {
  if (returnValue !== verdicts[verdict]) {
    return `it returned ${String(returnValue)}, which is not "${verdict}", ${String(verdicts[verdict])}`;
  }
  if (Buffer.from(expected).equals(data)) return undefined;
  const at = expected.findIndex((byte, index) => data[index] !== byte);
  const place = at < 0 ? expected.length : at;
  return `the packet differs from byte ${String(place)} on: ${describe(data)} instead of ${describe(expected)}`;
}

function describe(bytes: Uint8Array): string {
  const text = describePacket(parsePacket(bytes, { linkType: "ethernet" }));
  return `${text} (${Buffer.from(bytes).toString("hex")})`;
}
