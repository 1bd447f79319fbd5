import { campaignOf, fuzz, type Verdict } from "@heddle-tools/fuzz";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fuzzRows } from "./fuzz/targets.ts";
import { Scene } from "./scene.ts";

/** Milliseconds that a program may take, on a machine that does much else. */
const timeout = 900_000;

const { seed, packets } = campaignOf(process.env);

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.create();
  process.stdout.write(`${String(packets)} packets of HEDDLE_FUZZ_SEED=${String(seed)}\n`);
});
afterAll(async () => scene[Symbol.asyncDispose]());

it.each(Object.entries(fuzzRows))(
  "%s lets nothing through that it must not, whatever the packet",
  async (_name, { target, share, atLeast }) => {
    const wanted = Math.ceil(packets * share);
    const tally = await fuzz(target(scene), { seed, packets: wanted });
    expect(tally.packets).toBeGreaterThanOrEqual(wanted);
    const verdicts: readonly Verdict[] = ["passed", "redirected", "dropped"];
    const rare = verdicts.filter((one) => tally.verdicts[one] < (atLeast[one] ?? 0) * wanted);
    expect(rare).toEqual([]);
  },
  timeout,
);
