import { existsSync } from "node:fs";
import { release } from "node:os";
import { describe, expect, it } from "vitest";
import { BpfError, UnsupportedFeatureError } from "./errors.ts";
import { explainByProbe, type FeatureName, probe } from "./probe.ts";
import { reasonToSkip } from "./testing/feature.ts";

const features: readonly FeatureName[] = [
  "tcx",
  "netkit",
  "ringbuf",
  "kernel-btf",
  "jit",
  "cgroup-order",
  "sockmap-link",
  "netfilter-link",
  "kprobe",
  "kprobe-multi",
  "uprobe",
  "uprobe-multi",
  "fentry",
  "lsm",
  "freplace",
];

describe("probe", () => {
  it.each(features)("finds out about %s, and says how", async (feature) => {
    const found = await probe(feature);
    expect(found).toEqual({
      feature,
      supported: expect.any(Boolean),
      reason: expect.stringMatching(/./),
      sinceKernel: expect.stringMatching(/^\d+\.\d+$/),
    });
  });

  it("agrees with what this kernel shows", async () => {
    // The other kernel tests attach by tcx where there is any, and read ring buffers.
    const tcx = await probe("tcx");
    expect(() => reasonToSkip(tcx, release())).not.toThrow();
    expect((await probe("ringbuf")).supported).toBe(true);
    expect((await probe("kernel-btf")).supported).toBe(existsSync("/sys/kernel/btf/vmlinux"));
  });

  it.each(features)("explains a failure by %s only where the kernel lacks it", async (feature) => {
    const failure = new BpfError({
      code: "invalid-argument",
      operation: "attach",
      subject: "device 7",
      reason: "refused",
      errno: "EINVAL",
    });
    const explained = await explainByProbe(feature, failure);
    const { supported, sinceKernel } = await probe(feature);
    expect(explained instanceof UnsupportedFeatureError).toBe(!supported);
    expect(explained).toMatchObject(
      supported
        ? { code: "invalid-argument", reason: "refused" }
        : {
            code: "unsupported-feature",
            sinceKernel,
            operation: "attach",
            subject: "device 7",
            cause: failure,
            hint: `Linux ${sinceKernel} or newer has it, if built with it`,
          },
    );
  });
});
