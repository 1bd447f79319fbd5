import { release } from "node:os";
import type { TestContext } from "vitest";
import { type FeatureName, type FeatureProbe, probe } from "../probe.ts";

/** For a test or `beforeEach`: skips what the kernel lacks a feature for, and says so. */
export async function requireFeature(context: TestContext, feature: FeatureName): Promise<void> {
  const reason = reasonToSkip(await probe(feature), release());
  if (reason !== undefined) context.skip(reason);
}

/** Skips the test of a refusal where the kernel has the feature. */
export async function requireLack(context: TestContext, feature: FeatureName): Promise<void> {
  const { supported, reason } = await probe(feature);
  if (supported) context.skip(`this kernel has ${feature}: ${reason}`);
}

/** Skips what came with a Linux version and has no probe. */
export function requireKernel(context: TestContext, feature: string, sinceKernel: string): void {
  if (isOlder(release(), sinceKernel)) {
    context.skip(`no ${feature}, which came with Linux ${sinceKernel}`);
  }
}

/** What a perf_event link says of itself; before Linux 6.6 it does not say what event it is of. */
export function perfEventInfo(info: { event: string; name?: string }): object {
  return { type: "perf_event", ...(isOlder(release(), "6.6") ? {} : info) };
}

/** What every kernel has that is new enough; other features need an option of its configuration. */
const unconditional: ReadonlySet<FeatureName> = new Set<FeatureName>(["tcx", "ringbuf"]);

/** @throws an `Error` when a kernel of this release should have the feature: then the skip would hide a fault */
export function reasonToSkip(found: FeatureProbe, kernel: string): string | undefined {
  const { feature, supported, reason, sinceKernel } = found;
  if (supported) return undefined;
  if (isOlder(kernel, sinceKernel)) return `no ${feature}, which came with Linux ${sinceKernel}`;
  if (!unconditional.has(feature)) return `this kernel has no ${feature}: ${reason}`;
  throw new Error(`Linux ${kernel} should have ${feature}, which is of ${sinceKernel}: ${reason}`);
}

function isOlder(kernel: string, sinceKernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = sinceKernel.split(".").map(Number);
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}
