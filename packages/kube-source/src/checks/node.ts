import type { V1Node } from "@kubernetes/client-node";
import { prefixFamily } from "@heddle/contracts";
import { type Checker, checkIp, checkPrefix, checkUnique } from "./checker.ts";

export function checkNode(checker: Checker, { spec, status }: V1Node): void {
  checkPodPrefixes(checker, spec?.podCIDR, spec?.podCIDRs);
  for (const [index, { address, type }] of (status?.addresses ?? []).entries()) {
    if (type !== "InternalIP" && type !== "ExternalIP") continue;
    checkIp(checker, ["status", "addresses", index, "address"], address);
  }
}

/** At most one prefix of each family; the first is the one that the single field has. */
function checkPodPrefixes(
  checker: Checker,
  single: string | undefined,
  list: readonly string[] = [],
): void {
  if (single !== undefined && single !== "") checkPrefix(checker, ["spec", "podCIDR"], single);
  const families = list.map((text, index) => {
    const prefix = checkPrefix(checker, ["spec", "podCIDRs", index], text);
    return prefix === undefined ? undefined : `IPv${String(prefixFamily(prefix))}`;
  });
  checkUnique(checker, families, (index) => ["spec", "podCIDRs", index]);
  if (single !== undefined && list[0] !== undefined && list[0] !== single) {
    checker.invalid(["spec", "podCIDR"], `${single} is not the first of podCIDRs, ${list[0]}`);
  }
}
