import type { TestContext } from "vitest";
import { type FeatureName, probe } from "../probe.ts";

/** Skips the test where the kernel lacks a feature, and nowhere else. */
export async function requireFeature(context: TestContext, feature: FeatureName): Promise<void> {
  const { supported, reason } = await probe(feature);
  if (!supported) context.skip(`this kernel has no ${feature}: ${reason}`);
}

/** Skips the test of a refusal where the kernel has the feature. */
export async function requireLack(context: TestContext, feature: FeatureName): Promise<void> {
  const { supported, reason } = await probe(feature);
  if (supported) context.skip(`this kernel has ${feature}: ${reason}`);
}
