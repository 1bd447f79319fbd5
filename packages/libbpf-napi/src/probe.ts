import { existsSync } from "node:fs";
import { addon } from "./addon.ts";
import { errnoName } from "./errno.ts";
import { type BpfError, check, kernelError, UnsupportedFeatureError } from "./errors.ts";
import { type Feature, type Finding, linkFeatures, type LinkFeatureName } from "./link-probe.ts";
import { mapTypeNumber, netkitAttachTypes, tcxAttachTypes } from "./kernel-names.ts";

/** What {@link probe} knows to find out about. */
export type FeatureName = "tcx" | "netkit" | "ringbuf" | "kernel-btf" | "jit" | LinkFeatureName;

export interface FeatureProbe {
  readonly feature: FeatureName;
  readonly supported: boolean;
  /** What was tried, and what came of it. */
  readonly reason: string;
  /** The first Linux release with it: `6.6`. */
  readonly sinceKernel: string;
}

const features: Readonly<Record<FeatureName, Feature>> = {
  tcx: {
    name: "tcx",
    sinceKernel: "6.6",
    find: () => queryLoopback("tcx", tcxAttachTypes.ingress),
  },
  netkit: {
    name: "netkit",
    sinceKernel: "6.7",
    // A kernel with netkit answers that the loopback is no netkit device.
    find: () => queryLoopback("netkit", netkitAttachTypes.primary, "ENXIO"),
  },
  ringbuf: { name: "BPF ring buffers", sinceKernel: "5.8", find: findRingBuffers },
  "kernel-btf": { name: "kernel type information (BTF)", sinceKernel: "5.4", find: findKernelBtf },
  jit: { name: "BPF JIT compiler", sinceKernel: "3.0", find: findJit },
  ...linkFeatures,
};

/**
 * Finds out by trying whether the running kernel has a feature.
 *
 * @throws {BpfError} `not-permitted` when this process may not try
 */
export async function probe(feature: FeatureName): Promise<FeatureProbe> {
  const { find, sinceKernel } = features[feature];
  return { feature, sinceKernel, ...(await find()) };
}

/** The error to throw instead of `failure`, if it is explained by the kernel lacking the feature. */
export async function explainByProbe(feature: FeatureName, failure: BpfError): Promise<BpfError> {
  try {
    const { supported } = await probe(feature);
    return supported ? failure : new UnsupportedFeatureError(failure, features[feature], failure);
  } catch {
    return failure;
  }
}

/** The loopback is the first device of every network namespace. */
const loopback = 1;

async function queryLoopback(
  feature: string,
  attachType: number,
  expected?: string,
): Promise<Finding> {
  const { error } = await addon().deviceQuery(loopback, attachType, undefined);
  const errno = errnoName(error);
  if (error === 0 || errno === expected) {
    return { supported: true, reason: `the kernel takes ${feature} queries` };
  }
  if (errno === "EINVAL") return { supported: false, reason: `it takes no ${feature} queries` };
  throw kernelError({ operation: "probe", subject: feature }, error);
}

function findRingBuffers(): Finding {
  const fd = addon().mapCreate(mapTypeNumber("ringbuf"), "probe", 0, 0, 4096, 0);
  if (fd === -22) return { supported: false, reason: "the kernel knows no such map type" };
  addon().fdClose(check({ operation: "probe", subject: "ring buffers" }, fd));
  return { supported: true, reason: "one was created" };
}

const kernelBtf = "/sys/kernel/btf/vmlinux";

function findKernelBtf(): Finding {
  return existsSync(kernelBtf)
    ? { supported: true, reason: `${kernelBtf} is there` }
    : { supported: false, reason: `there is no ${kernelBtf}: CONFIG_DEBUG_INFO_BTF is off` };
}

/** `BPF_PROG_TYPE_SOCKET_FILTER`. */
const socketFilter = 1;

/** `r0 = 0; exit`, each instruction in 8 bytes. */
const trivialProgram = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** The sysctl is visible in the first network namespace only; a loaded program tells everywhere. */
function findJit(): Finding {
  const attempt = { operation: "probe", subject: "the JIT compiler" };
  const fd = check(attempt, addon().programLoad(socketFilter, "probe", trivialProgram));
  const info = addon().programInfo(fd);
  addon().fdClose(fd);
  if (typeof info === "number") throw kernelError(attempt, -info);
  return info.jitedSize > 0
    ? { supported: true, reason: "a program was compiled to machine code" }
    : { supported: false, reason: "programs are interpreted: net.core.bpf_jit_enable is 0" };
}
