import { LabError } from "./lab-error.ts";

/**
 * A lab's name becomes a part of paths and of namespaces' names, so it is a DNS label, without dots.
 *
 * @throws {LabError} `bad-option`
 */
export function checkLabName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/.test(name)) return;
  throw new LabError({
    code: "bad-option",
    operation: "name lab",
    subject: JSON.stringify(name),
    reason: "a lab's name is 1 to 24 lower-case letters, digits and hyphens",
  });
}
