import { quote } from "./address-error.ts";
import { CodedError } from "./coded-error.ts";

/** The labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** One condition of a selector on the label `key`. */
export type LabelRequirement =
  | {
      readonly key: string;
      /** `In`: the label is there with one of the values. `NotIn`: it has none of them, or is not there. */
      readonly operator: "In" | "NotIn";
      readonly values: readonly string[];
    }
  | { readonly key: string; readonly operator: "Exists" | "DoesNotExist" };

/**
 * Which objects are meant, by their labels, as Kubernetes has it (`LabelSelector` of `meta/v1`): those that meet
 * all conditions. One without conditions means all objects.
 */
export interface LabelSelector {
  /** The labels that must be there, with these values. */
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelRequirement[];
}

/** A text or an object that is not a selector of labels. */
export class LabelSelectorError extends CodedError<"invalid-selector"> {}

/** Whether an object with these labels is meant. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labelOf(labels, key) === value) &&
    matchExpressions.every((requirement) => isMet(requirement, labels))
  );
}

/**
 * Reads a selector from what YAML or JSON has.
 *
 * @throws {LabelSelectorError} which says which part is wrong; the rules are those of Kubernetes
 */
export function parseLabelSelector(input: unknown): LabelSelector {
  const { matchLabels, matchExpressions } = readFields(input, "the selector", [
    "matchLabels",
    "matchExpressions",
  ]);
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: readLabels(matchLabels) }),
    ...(matchExpressions === undefined
      ? {}
      : { matchExpressions: readRequirements(matchExpressions) }),
  };
}

function isMet(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, requirement.key);
  if ("values" in requirement) {
    const isOne = value !== undefined && requirement.values.includes(value);
    return isOne === (requirement.operator === "In");
  }
  return (value !== undefined) === (requirement.operator === "Exists");
}

/** Nothing that every object has, such as `constructor`, is a label. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function readFields(input: unknown, what: string, known: readonly string[]): Fields {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw selectorError(what, "it is not a mapping");
  }
  const fields: Fields = { ...input };
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return fields;
  throw selectorError(what, `it has ${quote(unknown)}`, `there are ${known.join(", ")}`);
}

function readLabels(input: unknown): Labels {
  const what = "matchLabels";
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw selectorError(what, "it is not a mapping of names to values");
  }
  const labels = Object.entries(input).map(([key, value]): [string, string] => [
    readKey(key, what),
    readValue(value, `${what} ${key}`),
  ]);
  return Object.fromEntries(labels);
}

function readRequirements(input: unknown): readonly LabelRequirement[] {
  if (!Array.isArray(input)) throw selectorError("matchExpressions", "it is not a list");
  return input.map((one: unknown, index) =>
    readRequirement(one, `matchExpressions[${String(index)}]`),
  );
}

function readRequirement(input: unknown, what: string): LabelRequirement {
  const { key, operator, values } = readFields(input, what, ["key", "operator", "values"]);
  const name = readKey(key, `${what}.key`);
  if (operator === "In" || operator === "NotIn") {
    if (!Array.isArray(values) || values.length === 0) {
      throw selectorError(what, `${operator} needs values`, "give a list of one or more");
    }
    return { key: name, operator, values: values.map((value) => readValue(value, what)) };
  }
  if (operator === "Exists" || operator === "DoesNotExist") {
    if (values === undefined || (Array.isArray(values) && values.length === 0)) {
      return { key: name, operator };
    }
    throw selectorError(what, `${operator} takes no values`);
  }
  throw selectorError(
    `${what}.operator`,
    `${shown(operator)} is no operator`,
    "there are In, NotIn, Exists, DoesNotExist",
  );
}

/** Up to 63 characters of a name, and of a value; 253 of the domain before a name. */
const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const domainPattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function readKey(key: unknown, what: string): string {
  const parts = typeof key === "string" ? key.split("/") : [];
  const [first = "", second] = parts;
  const [domain, name] = second === undefined ? [undefined, first] : [first, second];
  const isDomain = domain === undefined || (domain.length <= 253 && domainPattern.test(domain));
  if (typeof key === "string" && parts.length <= 2 && isDomain && namePattern.test(name)) {
    return key;
  }
  throw selectorError(
    what,
    `${shown(key)} is not the name of a label`,
    "up to 63 letters, digits, -, _ and ., with a domain and / before it or without",
  );
}

function readValue(value: unknown, what: string): string {
  if (typeof value === "string" && (value === "" || namePattern.test(value))) return value;
  const hint =
    typeof value === "string" ? "up to 63 letters, digits, -, _ and ." : "put it in quotes";
  throw selectorError(what, `${shown(value)} is not the value of a label`, hint);
}

function shown(value: unknown): string {
  return typeof value === "string" ? quote(value) : (JSON.stringify(value) ?? "nothing");
}

function selectorError(subject: string, reason: string, hint?: string): LabelSelectorError {
  return new LabelSelectorError({
    code: "invalid-selector",
    operation: "read",
    subject,
    reason,
    hint,
  });
}
