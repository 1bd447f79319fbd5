import { CodedError, toError } from "@heddle/contracts";
import { type Check, type Finding, warn } from "./finding.ts";
import {
  checkBpffs,
  checkBtf,
  checkCapabilities,
  checkCgroups,
  checkJit,
  checkKernel,
  checkNetkit,
  checkRingBuffers,
  checkTcx,
} from "./kernel-checks.ts";
import type { Machine } from "./machine.ts";
import {
  checkDefaultDevice,
  checkIpv4Forwarding,
  checkIpv6,
  checkIpv6Forwarding,
  checkOtherPrograms,
  checkReversePath,
} from "./network-checks.ts";
import {
  checkAddons,
  checkAgent,
  checkObjects,
  checkAttachments,
  checkPinnedMaps,
  checkPinnedVersions,
} from "./state-checks.ts";

/** What is checked, in the order in which one thing needs another. */
const checks: Readonly<Record<string, Check>> = {
  capabilities: checkCapabilities,
  kernel: checkKernel,
  "native parts": checkAddons,
  "object files": checkObjects,
  tcx: checkTcx,
  "ring buffers": checkRingBuffers,
  "kernel BTF": checkBtf,
  JIT: checkJit,
  netkit: checkNetkit,
  "BPF file system": checkBpffs,
  cgroups: checkCgroups,
  "IPv4 forwarding": checkIpv4Forwarding,
  "IPv6 forwarding": checkIpv6Forwarding,
  IPv6: checkIpv6,
  "reverse path filter": checkReversePath,
  "default route": checkDefaultDevice,
  "other programs": checkOtherPrograms,
  "pinned versions": checkPinnedVersions,
  "pinned maps": checkPinnedMaps,
  attachments: checkAttachments,
  agent: checkAgent,
};

/** A finding with the name of what was checked. */
export type Diagnosis = { readonly check: string } & Finding;

/** Checks everything. */
export async function examine(machine: Machine): Promise<readonly Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  for (const [check, look] of Object.entries(checks)) {
    diagnoses.push({ check, ...(await attempt(look, machine)) });
  }
  return diagnoses;
}

async function attempt(check: Check, machine: Machine): Promise<Finding> {
  try {
    return await check(machine);
  } catch (error) {
    return unchecked(error);
  }
}

/** The codes of errors that only root does not get. */
const denials = new Set(["not-permitted", "permission", "unreadable-pins"]);

function unchecked(error: unknown): Finding {
  if (!(error instanceof CodedError)) {
    return warn(`cannot be checked: ${toError(error).message}`, "report this with the message");
  }
  if (denials.has(error.code)) {
    return warn("cannot be checked without root", "run heddle doctor as root");
  }
  const { operation, subject, reason, hint = "report this with the message" } = error;
  return warn(`cannot be checked: ${operation} ${subject}: ${reason}`, hint);
}
