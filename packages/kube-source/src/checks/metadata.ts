import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { Path } from "../finding.ts";
import type { Kind } from "../kinds.ts";
import { isDnsLabel, isDnsSubdomain } from "../names.ts";
import type { Checker } from "./checker.ts";
import { checkAnnotations, checkLabels } from "./labels.ts";

/** Kinds whose names are a single DNS label; the names of the others may have dots. */
const labelNamed: ReadonlySet<Kind> = new Set<Kind>(["Namespace", "Service"]);

export function checkMetadata(
  checker: Checker,
  kind: Kind,
  metadata: V1ObjectMeta | undefined,
): void {
  const { name, namespace } = metadata ?? {};
  if (name !== undefined) {
    const check = labelNamed.has(kind) ? checkDnsLabel : checkDnsSubdomain;
    check(checker, ["metadata", "name"], name);
  } else if (metadata?.generateName === undefined) {
    checker.missing(["metadata", "name"], "give the object a name");
  } else {
    checker.missing(["metadata", "name"], "generateName needs an API server, give a name here");
  }
  if (namespace !== undefined) checkDnsLabel(checker, ["metadata", "namespace"], namespace);
  checkAttachments(checker, ["metadata"], metadata);
}

/** Reports labels and annotations that no object can have, also in a template. */
export function checkAttachments(
  checker: Checker,
  path: Path,
  metadata: V1ObjectMeta | undefined,
): void {
  checkLabels(checker, [...path, "labels"], metadata?.labels);
  checkAnnotations(checker, [...path, "annotations"], metadata?.annotations);
}

export function checkDnsLabel(checker: Checker, path: Path, name: string): void {
  if (isDnsLabel(name)) return;
  checker.invalid(
    path,
    `${JSON.stringify(name)} is not a DNS label`,
    "at most 63 of a-z, 0-9 and -, with a letter or digit at both ends",
  );
}

export function checkDnsSubdomain(checker: Checker, path: Path, name: string): void {
  if (isDnsSubdomain(name)) return;
  checker.invalid(
    path,
    `${JSON.stringify(name)} is not a DNS name`,
    "at most 253 of a-z, 0-9, - and ., with a letter or digit at both ends and around each dot",
  );
}
