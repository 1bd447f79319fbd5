import type { Outcome } from "./addon.ts";
import { type Attempt, BpfError, kernelError, VerifierError } from "./errors.ts";
import { kernelConfigPlaces } from "./kernel-config.ts";
import { describeErrno, errnoName } from "./errno.ts";
import { sizeExplanations } from "./map-size.ts";

/** What libbpf printed, one complaint per line, without its prefix. */
function complaints(log: string): readonly string[] {
  return log
    .split("\n")
    .map((line) => line.replace(/^libbpf: /, "").trim())
    .filter((line) => line !== "");
}

/** The error for failed work of libbpf's, in its own words: the first complaint is the nearest to the cause. */
export function libbpfError(attempt: Attempt, { error, log }: Outcome): BpfError {
  const [first] = complaints(log);
  const errno = errnoName(error);
  if (first === undefined || errno === "EPERM") return kernelError(attempt, error);
  const reason = `${first} (${describeErrno(error)})`;
  return new BpfError({ ...attempt, code: "kernel-error", reason, errno });
}

/** Where libbpf looks for the kernel's type information, in this order. */
const kernelBtfPlaces =
  "/sys/kernel/btf/vmlinux, /boot/vmlinux-RELEASE, /lib/modules/RELEASE and /usr/lib/debug";

/** What is known of an object that was not loaded. */
interface FailedObject {
  readonly btfPath: string | undefined;
  /** Kernel options that it needs, and of which nothing is known. */
  readonly missing: readonly string[];
}

/** The error for an object that was not loaded. */
export function loadError(attempt: Attempt, outcome: Outcome, object: FailedObject): BpfError {
  const rejected =
    /prog '([^']*)': -- BEGIN PROG LOAD LOG --\n([\s\S]*?)-- END PROG LOAD LOG --/.exec(
      outcome.log,
    );
  const [, program = "", log = ""] = rejected ?? [];
  if (log.trim() !== "") return new VerifierError(program, log, errnoName(outcome.error));
  const missing = missingExtern(attempt, outcome);
  if (missing !== undefined) return missing;
  if (outcome.log.includes("failed to open system Kconfig")) {
    return noConfig(attempt, outcome, object.missing);
  }
  if (/valid kernel BTF|vmlinux BTF|target BTF/.test(outcome.log)) {
    return noKernelBtf(attempt, outcome, object.btfPath);
  }
  return mapTooLarge(attempt, outcome) ?? libbpfError(attempt, outcome);
}

/** The error for an object with a map that the kernel refuses for its size. */
function mapTooLarge(attempt: Attempt, outcome: Outcome): BpfError | undefined {
  const [, name] = /map '([^']+)': failed to create/.exec(outcome.log) ?? [];
  const explanations = sizeExplanations(`map ${String(name)}`);
  if (name === undefined || explanations[errnoName(outcome.error)] === undefined) return undefined;
  return kernelError(attempt, outcome.error, explanations);
}

/** By what libbpf calls them: what the kernel has to fill in, and where else it can come from. */
const externs: Readonly<Record<string, readonly [kind: string, hint: string]>> = {
  "(func ksym) ": ["function", "load the module that has it, or use a kernel that does"],
  "(var ksym) ": ["variable", "load the module that has it, or use a kernel that does"],
  "": ["option", "use a kernel that tells its configuration, or give kconfig"],
};

/** The error for what the kernel has to fill in and does not have. */
function missingExtern(attempt: Attempt, outcome: Outcome): BpfError | undefined {
  const pattern = /extern (\(\w+ ksym\) |)'([^']+)'(?: \(strong\))?: not (?:found|resolved)/;
  const [, which = "", name] = pattern.exec(outcome.log) ?? [];
  const [kind, hint] = externs[which] ?? [];
  if (name === undefined || kind === undefined) return undefined;
  return new BpfError({
    ...attempt,
    code: "missing-extern",
    reason: `it needs the ${kind} ${name}, which this kernel and its modules lack`,
    hint,
    errno: errnoName(outcome.error),
    cause: libbpfError(attempt, outcome),
  });
}

/** libbpf was not given all options, and finds no configuration that could have the others. */
function noConfig(attempt: Attempt, outcome: Outcome, missing: readonly string[]): BpfError {
  const which = missing.length === 1 ? "the option" : "the options";
  return new BpfError({
    ...attempt,
    code: "missing-extern",
    reason: `it needs ${which} ${missing.join(", ")}, of which there is nothing in ${kernelConfigPlaces}`,
    hint: externs[""]?.[1],
    errno: errnoName(outcome.error),
    cause: libbpfError(attempt, outcome),
  });
}

function noKernelBtf(attempt: Attempt, outcome: Outcome, btfPath: string | undefined): BpfError {
  const place = btfPath ?? kernelBtfPlaces;
  return new BpfError({
    ...attempt,
    code: "no-kernel-btf",
    reason: `it must be fitted to the kernel, whose type information (BTF) was not found in ${place}`,
    hint: "use a kernel built with CONFIG_DEBUG_INFO_BTF, or give btfPath",
    errno: errnoName(outcome.error),
    cause: libbpfError(attempt, outcome),
  });
}
