import { expect, it } from "vitest";
import { reasonToSkip } from "./feature.ts";

const tcx = { feature: "tcx", reason: "it takes no tcx queries", sinceKernel: "6.6" } as const;

it("a feature that is there is no reason to skip", () => {
  expect(reasonToSkip({ ...tcx, supported: true }, "6.1.0-50-amd64")).toBeUndefined();
});

it.each(["6.1.0-50-cloud-amd64", "5.15.200", "6.5"])("%s is skipped, by the feature", (kernel) => {
  expect(reasonToSkip({ ...tcx, supported: false }, kernel)).toBe(
    "no tcx, which came with Linux 6.6",
  );
});

it.each(["6.6.1", "6.12.117+deb13-cloud-amd64", "7.3.4"])("%s has to have it", (kernel) => {
  expect(() => reasonToSkip({ ...tcx, supported: false }, kernel)).toThrow(
    `Linux ${kernel} should have tcx, which is of 6.6: it takes no tcx queries`,
  );
});
