import { CodedError, type ErrorParts } from "@heddle/contracts";
import { describeErrno, errnoName } from "./errno.ts";
import { diagnose, type SourceLine, type VerifierDiagnosis } from "./verifier-log.ts";

/**
 * - `addon-missing`: the native part is not there for this platform, or is of another version.
 * - `invalid-object`: not an object file of BPF programs for this machine, or cut short.
 * - `no-such-member`: the object has no map, program or variable of that name.
 * - `invalid-argument`: a value that the operation cannot take, found before the kernel was asked.
 * - `invalid-state`: the operation does not fit what was done before, such as a setting after loading.
 * - `handle-closed`: the handle was closed before.
 * - `not-permitted`: a capability is missing.
 * - `no-kernel-btf`: the kernel's type information was not found, so that the object cannot be fitted to it.
 * - `missing-extern`: the kernel lacks an option, a function or a variable that the object needs; the reason names it.
 * - `verifier-rejected`: see {@link VerifierError}.
 * - `unsupported-feature`: see {@link UnsupportedFeatureError}.
 * - `map-full`, `key-exists`, `key-missing`, `key-out-of-range`: an entry that cannot be written.
 * - `incompatible-map`, `incompatible-pin`: a map is not what its spec says; the reason names the field.
 * - `pin-exists`, `pin-missing`, `not-bpffs`: a path that cannot be pinned to or opened.
 * - `no-device`: no such network interface.
 * - `no-such-program`, `no-such-map`, `no-such-link`, `no-such-btf`: nothing of the kind has the id.
 * - `target-gone`: the link lives on, but the device or cgroup that it was attached to is gone.
 * - `stale-revision`: the programs of the hook changed meanwhile.
 * - `stale-program`: the link runs another program than expected.
 * - `already-attached`: the hook takes one program and has it.
 * - `kernel-error`: anything else that the kernel refused; `errno` says why.
 */
export type BpfErrorCode =
  | "addon-missing"
  | "invalid-object"
  | "no-such-member"
  | "invalid-argument"
  | "invalid-state"
  | "handle-closed"
  | "not-permitted"
  | "no-kernel-btf"
  | "missing-extern"
  | "verifier-rejected"
  | "unsupported-feature"
  | "map-full"
  | "key-exists"
  | "key-missing"
  | "key-out-of-range"
  | "incompatible-map"
  | "incompatible-pin"
  | "pin-exists"
  | "pin-missing"
  | "not-bpffs"
  | "no-device"
  | "no-such-program"
  | "no-such-map"
  | "no-such-link"
  | "no-such-btf"
  | "target-gone"
  | "stale-revision"
  | "stale-program"
  | "already-attached"
  | "kernel-error";

export interface BpfErrorParts extends ErrorParts<BpfErrorCode> {
  /** The name of the kernel's error number: `EPERM`. */
  readonly errno?: string | undefined;
}

/** The base of everything that this package throws. */
export class BpfError extends CodedError<BpfErrorCode> {
  /** The name of the kernel's error number, where it gave one: `EPERM`. */
  readonly errno: string | undefined;

  constructor(parts: BpfErrorParts) {
    super(parts);
    this.errno = parts.errno;
  }
}

/** What was attempted, on what. */
export interface Attempt {
  readonly operation: string;
  readonly subject: string;
}

/** How one error number is to be told, where more is known than its name. */
export type Explanation = Partial<Pick<BpfErrorParts, "code" | "reason" | "hint">>;

const permissionHint =
  "BPF needs the capabilities CAP_BPF and CAP_NET_ADMIN, and CAP_PERFMON for tracing: run as root or grant them";

/** The error for a positive error number, explained by `explanations` or generally. */
export function kernelError(
  attempt: Attempt,
  error: number,
  explanations: Readonly<Record<string, Explanation>> = {},
): BpfError {
  const errno = errnoName(error);
  const denied = errno === "EPERM" || errno === "EACCES";
  const { operation, subject } = attempt;
  return new BpfError({
    operation,
    subject,
    code: denied ? "not-permitted" : "kernel-error",
    reason: describeErrno(error),
    hint: denied ? permissionHint : undefined,
    ...explanations[errno],
    errno,
  });
}

/** Throws {@link kernelError} when a native function answered with a negative error number. */
export function check(
  attempt: Attempt,
  result: number,
  explanations: Readonly<Record<string, Explanation>> = {},
): number {
  if (result < 0) throw kernelError(attempt, -result, explanations);
  return result;
}

/** The verifier refused a program. The message begins with the source line it stopped at. */
export class VerifierError extends BpfError {
  /** The program's name. */
  readonly program: string;
  /** The last line of source the verifier looked at, when the object has line information. */
  readonly source: SourceLine | undefined;
  /** The verifier's whole log. */
  readonly log: string;

  constructor(program: string, log: string, errno: string) {
    const diagnosis = diagnose(log);
    super({
      code: "verifier-rejected",
      operation: "load program",
      subject: program,
      reason: describeDiagnosis(diagnosis),
      hint: diagnosis.hint,
      errno,
    });
    this.program = program;
    this.source = diagnosis.source;
    this.log = log;
  }
}

function describeDiagnosis({ source, message }: VerifierDiagnosis): string {
  if (source === undefined) return message;
  const place = source.file === undefined ? "" : ` at ${source.file}:${String(source.line)}`;
  return `"${source.text}"${place}: ${message}`;
}

/** A thing that the running kernel does not have. */
export interface KernelFeature {
  /** Its usual name: `tcx`. */
  readonly name: string;
  /** The first Linux release with it: `6.6`. */
  readonly sinceKernel: string;
}

/** The operation failed because the running kernel lacks a feature. */
export class UnsupportedFeatureError extends BpfError {
  /** Its usual name: `tcx`. */
  readonly feature: string;
  /** The first Linux release with it: `6.6`. */
  readonly sinceKernel: string;

  constructor(attempt: Attempt, feature: KernelFeature, cause?: BpfError) {
    super({
      operation: attempt.operation,
      subject: attempt.subject,
      code: "unsupported-feature",
      reason: `this kernel has no ${feature.name}`,
      hint: `Linux ${feature.sinceKernel} or newer has it, if built with it`,
      errno: cause?.errno,
      cause,
    });
    this.feature = feature.name;
    this.sinceKernel = feature.sinceKernel;
  }
}
