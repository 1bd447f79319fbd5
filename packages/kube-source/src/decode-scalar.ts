import type { ProblemCode } from "./problem.ts";
import type { ScalarType } from "./schema.ts";
import type { ScalarNode, YamlNode } from "./yaml-node.ts";
import { resolvePlain, type ScalarValue } from "./yaml-scalar.ts";

/** Why a scalar is not of the type that its field has. */
export interface Refusal {
  readonly code: Extract<ProblemCode, "invalid-value" | "wrong-type">;
  readonly reason: string;
  readonly hint?: string | undefined;
}

export type ScalarResult = { readonly value: Date | boolean | number | string } | Refusal;

/** What a field of the type takes, for people. */
export const scalarNames: Readonly<Record<ScalarType, string>> = {
  string: "a string",
  bool: "true or false",
  int32: "a whole number",
  int64: "a whole number",
  date: "a time such as 2026-01-31T12:00:00Z",
  quantity: "a quantity such as 500m or 64Mi",
  "int-or-string": "a number or a name",
  any: "a value",
};

/** The types that not every scalar is of. */
export type CheckedScalarType = Exclude<ScalarType, "any">;

/** Reads a scalar as the type. */
export function decodeScalar(type: CheckedScalarType, node: ScalarNode): ScalarResult {
  return decoders[type](node.value) ?? wrongType(node, scalarNames[type]);
}

/** Undefined stands for a value of another type. */
type DecodeScalar = (value: ScalarValue) => ScalarResult | undefined;

const decoders: Readonly<Record<CheckedScalarType, DecodeScalar>> = {
  string: (value) => (typeof value === "string" ? { value } : undefined),
  bool: (value) => (typeof value === "boolean" ? { value } : undefined),
  int32: (value) => (typeof value === "number" ? integer(value, 2 ** 31 - 1) : undefined),
  // Beyond 2^53 a JavaScript number is no longer the one that was written.
  int64: (value) => (typeof value === "number" ? integer(value, 2 ** 53 - 1) : undefined),
  date: (value) => (typeof value === "string" ? date(value) : undefined),
  quantity: (value) => {
    if (typeof value === "number") return quantity(String(value));
    return typeof value === "string" ? quantity(value) : undefined;
  },
  "int-or-string": (value) => {
    if (typeof value === "number") return integer(value, 2 ** 31 - 1);
    return typeof value === "string" ? { value } : undefined;
  },
};

/** The refusal of a node that is not what is expected. */
export function wrongType(node: YamlNode, expected: string): Refusal {
  return {
    code: "wrong-type",
    reason: `expected ${expected}, found ${describe(node)}`,
    hint: typeHint(node, expected),
  };
}

function describe(node: YamlNode): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  const { text, value } = node;
  if (value === null) return "null";
  if (typeof value === "string") return `the string ${JSON.stringify(shorten(value))}`;
  const plain = `the ${typeof value} ${String(value)}`;
  return String(value) === text ? plain : `\`${shorten(text)}\`, in YAML 1.1 ${plain}`;
}

function typeHint(node: YamlNode, expected: string): string | undefined {
  if (node.kind !== "scalar") return undefined;
  const { text, value } = node;
  if (expected === scalarNames.string) {
    return value === null
      ? 'write "" for an empty one'
      : `quote it: ${JSON.stringify(shorten(text))}`;
  }
  const isQuoted = typeof value === "string" && typeof resolvePlain(text) !== "string";
  return isQuoted ? "remove the quotes" : undefined;
}

function integer(value: number, max: number): ScalarResult {
  if (!Number.isInteger(value)) {
    return { code: "wrong-type", reason: `expected a whole number, found ${String(value)}` };
  }
  if (value >= -max - 1 && value <= max) return { value };
  return {
    code: "invalid-value",
    reason: `${String(value)} is not from ${String(-max - 1)} to ${String(max)}`,
  };
}

/** RFC 3339 section 5.6, which is what the API reads times with. */
function date(text: string): ScalarResult {
  const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})$/;
  const value = new Date(text);
  if (shape.test(text) && !Number.isNaN(value.getTime())) return { value };
  return {
    code: "invalid-value",
    reason: `${JSON.stringify(shorten(text))} is not a time in the form of RFC 3339`,
    hint: "write it like 2026-01-31T12:00:00Z",
  };
}

/** The grammar of `resource.Quantity` in k8s.io/apimachinery. */
function quantity(text: string): ScalarResult {
  const shape = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?$/;
  if (shape.test(text)) return { value: text };
  return {
    code: "invalid-value",
    reason: `${JSON.stringify(shorten(text))} is not a quantity`,
    hint: "write a number, with a suffix such as m, k, M, G, Ki, Mi or Gi where needed",
  };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
