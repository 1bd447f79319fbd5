import { campaignOf, fuzz, type Verdict } from "@heddle-tools/fuzz";
import { beforeAll, expect, it } from "vitest";
import { fuzzRows } from "./fuzz/rows.ts";

/** Milliseconds that a program may take, on a machine that does much else. */
const timeout = 900_000;

const { seed, packets } = campaignOf(process.env);

beforeAll(() => {
  process.stdout.write(`${String(packets)} packets of HEDDLE_FUZZ_SEED=${String(seed)}\n`);
});

/** Packets of which shares say something: they are made from some hundred frames. */
const many = 10_000;

/** How often a verdict has to come that has at least this share of many packets. */
function leastOf(share: number, wanted: number): number {
  return wanted < many ? Math.ceil(share) : share * wanted;
}

it.each(fuzzRows)(
  "$name lets nothing through that it must not, whatever the packet",
  async ({ open, share, atLeast }) => {
    await using stack = new AsyncDisposableStack();
    const wanted = Math.ceil(packets * share);
    const tally = await fuzz(await open(stack), { seed, packets: wanted });
    expect(tally.packets).toBeGreaterThanOrEqual(wanted);
    const verdicts: readonly Verdict[] = ["passed", "redirected", "dropped"];
    const rare = verdicts.filter((one) => tally.verdicts[one] < leastOf(atLeast[one] ?? 0, wanted));
    expect(rare).toEqual([]);
  },
  timeout,
);

it("the rows together take all packets", () => {
  expect(fuzzRows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});
