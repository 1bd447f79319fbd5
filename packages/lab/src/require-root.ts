import { LabError } from "./lab-error.ts";

/**
 * Says so before something is refused with less to read.
 *
 * @throws {LabError} `not-root`
 */
export function requireRoot(operation: string, lab: string): void {
  if (process.getuid?.() === 0) return;
  throw new LabError({
    code: "not-root",
    operation,
    subject: lab,
    reason: "network namespaces, BPF programs and agents need root",
    hint: "run it with sudo",
  });
}
