import { type BpfError, VerifierError } from "./errors.ts";
import type { LinkFeatureName } from "./link-probe.ts";
import { explainByProbe } from "./probe.ts";

/** By beginnings of sections, what a kernel needs to load their programs at all. */
const features: readonly (readonly [section: RegExp, feature: LinkFeatureName])[] = [
  [/^(fentry|fexit|fmod_ret)/, "fentry"],
  [/^freplace/, "freplace"],
  [/^lsm/, "lsm"],
  [/^netfilter/, "netfilter-link"],
];

/** Explains why an object was not loaded, if the kernel lacks what one of its programs is for. */
export async function explainLoad(
  failure: BpfError,
  sections: readonly string[],
): Promise<BpfError> {
  if (failure instanceof VerifierError) return failure;
  for (const [section, feature] of features) {
    if (!sections.some((name) => section.test(name))) continue;
    const explained = await explainByProbe(feature, failure);
    if (explained !== failure) return explained;
  }
  return failure;
}
