import { type Brand, CodedError } from "@heddle/contracts";
import { isDnsLabel, isDnsSubdomain } from "./names.ts";

/**
 * An object among those of its kind: `namespace/name`, or `name` where the kind belongs to the cluster.
 * Equal keys are equal strings.
 */
export type ObjectKey = Brand<string, "ObjectKey">;

/** What an {@link ObjectKey} is made of. */
export interface ObjectKeyParts {
  /** Absent for an object of the cluster. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Text that is not the key of an object. */
export class ObjectKeyError extends CodedError<"invalid-object-key"> {}

/** Whether `text` is a key: a name, or a namespace and a name, in the form that Kubernetes gives them. */
export function isObjectKey(text: string): text is ObjectKey {
  const [first = "", second, ...rest] = text.split("/");
  if (second === undefined) return isDnsSubdomain(first);
  return rest.length === 0 && isDnsLabel(first) && isDnsSubdomain(second);
}

/** @throws {ObjectKeyError} unless `text` is `namespace/name` or `name` */
export function parseObjectKey(text: string): ObjectKey {
  if (isObjectKey(text)) return text;
  throw invalidKey(text);
}

/** @throws {ObjectKeyError} when one of the parts is not a name of Kubernetes */
export function formatObjectKey({ namespace, name }: ObjectKeyParts): ObjectKey {
  const text = namespace === undefined ? name : `${namespace}/${name}`;
  if (isDnsSubdomain(name) && isObjectKey(text)) return text;
  throw invalidKey(text);
}

/** The inverse of {@link formatObjectKey}. */
export function objectKeyParts(key: ObjectKey): ObjectKeyParts {
  const slash = key.indexOf("/");
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function invalidKey(text: string): ObjectKeyError {
  return new ObjectKeyError({
    code: "invalid-object-key",
    operation: "parse object key",
    subject: JSON.stringify(text),
    reason: "not a name, or a namespace and a name with a slash between, in lower case",
    hint: "write NAMESPACE/NAME, or NAME for a node or a namespace",
  });
}
