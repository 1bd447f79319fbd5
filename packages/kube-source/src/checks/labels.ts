import type { V1LabelSelector, V1LabelSelectorRequirement } from "@kubernetes/client-node";
import type { Path } from "../finding.ts";
import { isLabelValue, isQualifiedName } from "../names.ts";
import type { Checker } from "./checker.ts";

type Labels = Readonly<Record<string, string>>;

/** Reports keys and values that labels cannot have. */
export function checkLabels(checker: Checker, path: Path, labels: Labels | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    checkKey(checker, [...path, key], key, "a label");
    checkValue(checker, [...path, key], value);
  }
}

/** Reports keys that annotations cannot have; their case does not matter, their values are free. */
export function checkAnnotations(checker: Checker, path: Path, labels: Labels | undefined): void {
  for (const key of Object.keys(labels ?? {})) {
    checkKey(checker, [...path, key], key.toLowerCase(), "an annotation");
  }
}

/** Reports requirements that no API server accepts. */
export function checkSelector(
  checker: Checker,
  path: Path,
  selector: V1LabelSelector | undefined,
): void {
  checkLabels(checker, [...path, "matchLabels"], selector?.matchLabels);
  for (const [index, requirement] of (selector?.matchExpressions ?? []).entries()) {
    checkRequirement(checker, [...path, "matchExpressions", index], requirement);
  }
}

function checkRequirement(
  checker: Checker,
  path: Path,
  { key, operator, values = [] }: V1LabelSelectorRequirement,
): void {
  checkKey(checker, [...path, "key"], key, "a label");
  const takesValues = operator === "In" || operator === "NotIn";
  if (takesValues && values.length === 0) {
    checker.missing([...path, "values"], `${operator} compares with at least one value`);
  }
  if (!takesValues && values.length > 0) {
    const hint = "remove the values, or use In or NotIn";
    checker.invalid([...path, "values"], `${operator} takes no values`, hint);
  }
  for (const [index, value] of values.entries()) {
    checkValue(checker, [...path, "values", index], value);
  }
}

/** Whether the selector selects an object with the labels; an empty selector selects all. */
export function selects(selector: V1LabelSelector, labels: Labels): boolean {
  const pairs = Object.entries(selector.matchLabels ?? {});
  return (
    pairs.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((requirement) => meets(labels, requirement))
  );
}

function meets(
  labels: Labels,
  { key, operator, values = [] }: V1LabelSelectorRequirement,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function checkKey(checker: Checker, path: Path, key: string, what: string): void {
  if (isQualifiedName(key)) return;
  checker.invalid(
    path,
    `${JSON.stringify(key)} is not ${what}'s key`,
    "at most 63 of A-Z, a-z, 0-9, - _ and . with a letter or digit at both ends, " +
      "after an optional DNS name and a slash",
  );
}

function checkValue(checker: Checker, path: Path, value: string): void {
  if (isLabelValue(value)) return;
  checker.invalid(
    path,
    `${JSON.stringify(value)} is not a label's value`,
    "at most 63 of A-Z, a-z, 0-9, - _ and . with a letter or digit at both ends",
  );
}
