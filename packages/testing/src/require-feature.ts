import { release } from "node:os";
import { type FeatureName, probe } from "libbpf-napi";

/** What a test is told by, as vitest's context has it. */
export interface SkippableTest {
  /** Ends the test; the note says why. */
  readonly skip: (note: string) => unknown;
}

/**
 * For `beforeEach`: skips tests where the kernel lacks a feature that they need, and names it.
 *
 * @throws an `Error` where the kernel is new enough to have the feature: there the skip would hide a fault
 */
export async function requireFeature(test: SkippableTest, feature: FeatureName): Promise<void> {
  const { supported, reason, sinceKernel } = await probe(feature);
  if (supported) return;
  const [running, since] = [release(), sinceKernel].map(releaseNumber);
  if (running !== undefined && since !== undefined && running >= since) {
    throw new Error(`Linux ${release()} should have ${feature}, of ${sinceKernel}: ${reason}`);
  }
  test.skip(`no ${feature}, which came with Linux ${sinceKernel}`);
}

/** 6012 of `6.12.3-amd64`. */
function releaseNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(/[.-]/).map(Number);
  return major * 1000 + minor;
}
