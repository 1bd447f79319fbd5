import type { Outcome } from "./addon.ts";
import { type Attempt, BpfError, kernelError, VerifierError } from "./errors.ts";
import { describeErrno, errnoName } from "./errno.ts";

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

/** The error for an object that was not loaded. */
export function loadError(
  attempt: Attempt,
  outcome: Outcome,
  btfPath: string | undefined,
): BpfError {
  const rejected =
    /prog '([^']*)': -- BEGIN PROG LOAD LOG --\n([\s\S]*?)-- END PROG LOAD LOG --/.exec(
      outcome.log,
    );
  const [, program = "", log = ""] = rejected ?? [];
  if (log.trim() !== "") return new VerifierError(program, log, errnoName(outcome.error));
  if (/valid kernel BTF|vmlinux BTF|target BTF/.test(outcome.log)) {
    return noKernelBtf(attempt, outcome, btfPath);
  }
  return libbpfError(attempt, outcome);
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
