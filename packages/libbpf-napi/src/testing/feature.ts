import { release } from "node:os";
import type { TestContext } from "vitest";
import { type FeatureName, type FeatureProbe, probe } from "../probe.ts";

/** For `beforeEach`: skips tests where the kernel lacks a feature that they need, and says so. */
export async function requireFeature(context: TestContext, feature: FeatureName): Promise<void> {
  const reason = reasonToSkip(await probe(feature), release());
  if (reason !== undefined) context.skip(reason);
}

/** @throws an `Error` when a kernel of this release should have the feature: then the skip would hide a fault */
export function reasonToSkip(found: FeatureProbe, kernel: string): string | undefined {
  const { feature, supported, reason, sinceKernel } = found;
  if (supported) return undefined;
  if (!isOlder(kernel, sinceKernel)) {
    throw new Error(
      `Linux ${kernel} should have ${feature}, which is of ${sinceKernel}: ${reason}`,
    );
  }
  return `no ${feature}, which came with Linux ${sinceKernel}`;
}

function isOlder(kernel: string, sinceKernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = sinceKernel.split(".").map(Number);
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}
