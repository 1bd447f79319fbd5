import { constants } from "node:os";
import { type Attempt, BpfError, type Explanation } from "./errors.ts";
import { describeKey, entryError } from "./map-errors.ts";
import type { WriteMode } from "./map-types.ts";
import type { ReferenceKind } from "./reference-kinds.ts";
import type { ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";

type AnySpec = Omit<ReferenceMapSpec<unknown, ReferenceMapType>, "key">;
type AnyKind = Pick<
  ReferenceKind<ReferenceMapType>,
  "refusal" | "rules" | "toldSize" | "valueSize"
> & { readonly decode: unknown };

/** The error for an entry that was not set or deleted. `error` is positive. */
export function referenceError(
  spec: AnySpec,
  kind: AnyKind,
  operation: "set" | "delete",
  key: unknown,
  error: number,
): BpfError {
  const refused: Explanation = { code: "invalid-argument", reason: kind.refusal };
  const beyond: Explanation = {
    code: "key-out-of-range",
    reason: `it has the keys 0 to ${String(spec.maxEntries - 1)}`,
  };
  const indexed = kind.rules.indexed ? { E2BIG: beyond } : {};
  // What is deleted refers to nothing that could be refused.
  const deleted = { EINVAL: kind.rules.indexed ? beyond : refused };
  const set = { EINVAL: refused, EBADF: refused, ENOTSOCK: refused, EOPNOTSUPP: refused };
  const special = operation === "delete" ? deleted : set;
  return entryError(spec, operation, key, error, { ...special, ...indexed, ...noSuchCpu(spec) });
}

function noSuchCpu({ type }: AnySpec): Readonly<Record<string, Explanation>> {
  if (type !== "cpumap") return {};
  return { ENODEV: { code: "invalid-argument", reason: "this machine has no such CPU" } };
}

/** Refuses a mode that the kernel does not take, which it would tell like a wrong reference. */
export function checkModeTaken(spec: AnySpec, kind: AnyKind, mode: WriteMode, key: unknown): void {
  if (kind.rules.modes[mode] !== "refused") return;
  throw new BpfError({
    ...settingOf(spec, key),
    code: "invalid-argument",
    reason: `entries of a map of type ${spec.type} are only set whether or not they are there`,
    hint: `leave out the mode ${mode}`,
  });
}

/** Refuses, as the kernel does, what the mode rules out. */
export function checkModeMet(
  spec: AnySpec,
  kind: AnyKind,
  mode: WriteMode,
  key: unknown,
  found: boolean,
): void {
  const { alwaysPresent, modes } = kind.rules;
  const { EEXIST, ENOENT } = constants.errno;
  if (modes[mode] !== "checked") return;
  const present = found || alwaysPresent;
  if (mode === "create" && present) throw referenceError(spec, kind, "set", key, EEXIST);
  if (mode === "replace" && !present) throw referenceError(spec, kind, "set", key, ENOENT);
}

/** Whether nothing tells if a deleted entry was there. */
export function isAlwaysDeleted(kind: AnyKind): boolean {
  return kind.rules.deletesMissing === "silent" && kind.decode === undefined;
}

/** Whether the kernel tells what entries refer to. */
export function isTold(spec: AnySpec, kind: AnyKind): boolean {
  return kind.decode !== undefined && hasTold(spec, kind);
}

function hasTold(spec: AnySpec, kind: AnyKind): boolean {
  return (spec.valueSize ?? kind.valueSize) >= kind.toldSize;
}

/** The error for asking what the kernel does not tell. */
export function untoldError(spec: AnySpec, kind: AnyKind, operation: string): BpfError {
  const size = hasTold(spec, kind)
    ? ""
    : ` with values of less than ${String(kind.toldSize)} bytes`;
  return new BpfError({
    code: "invalid-argument",
    operation,
    subject: `map ${spec.name}`,
    reason: `the kernel does not tell what a map of type ${spec.type}${size} refers to`,
  });
}

/** What messages call the setting of an entry. */
export function settingOf(spec: AnySpec, key: unknown): Attempt {
  return { operation: `set ${describeKey(key)}`, subject: `map ${spec.name}` };
}
