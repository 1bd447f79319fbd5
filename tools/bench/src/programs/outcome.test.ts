import { expect, it } from "vitest";
import { wrongOutcome } from "./outcome.ts";

const packet = Uint8Array.from({ length: 20 }, (_, index) => index);

it("is right when verdict and every byte are", () => {
  const outcome = { returnValue: 7, data: packet.slice() };
  expect(wrongOutcome(outcome, "redirect", packet)).toBeUndefined();
});

it("tells another verdict", () => {
  const outcome = { returnValue: 2, data: packet };
  expect(wrongOutcome(outcome, "redirect", packet)).toBe(
    'it returned 2, which is not "redirect", 7',
  );
});

it.each([
  ["a changed byte", packet.with(5, 99), 5],
  ["a byte less", packet.slice(0, 19), 19],
  ["a byte more", Uint8Array.of(...packet, 0), 20],
])("tells where the packet differs: %s", (_name, data, place) => {
  const problem = wrongOutcome({ returnValue: -1, data }, "next", packet);
  expect(problem).toContain(`differs from byte ${String(place)} on: `);
});
