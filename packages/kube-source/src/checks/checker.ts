import { AddressError, parseIp, parsePrefix } from "@heddle/contracts";
import type { Path } from "../finding.ts";
import { isPortName } from "../names.ts";
import type { ReportAt } from "../yaml-node.ts";

/**
 * What the API server checks beyond types, as far as it matters to networking. A checker collects what an
 * object fails; paths are those of YAML.
 */
export interface Checker {
  invalid(path: Path, reason: string, hint?: string): void;
  missing(path: Path, hint: string): void;
}

export function createChecker(report: ReportAt): Checker {
  return {
    invalid: (path, reason, hint) => {
      report({ code: "invalid-value", path, reason, hint });
    },
    missing: (path, hint) => {
      report({ code: "missing-field", path, reason: "required, but missing", hint });
    },
  };
}

/** Runs `parse`, and reports its refusal. */
function checkParsed<T>(
  checker: Checker,
  path: Path,
  text: string,
  parse: (text: string) => T,
): T | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    checker.invalid(path, `${error.subject} is not valid: ${error.reason}`, error.hint);
    return undefined;
  }
}

/** Reports text that is not an address; the address otherwise. */
export function checkIp(
  checker: Checker,
  path: Path,
  text: string,
): ReturnType<typeof parseIp> | undefined {
  return checkParsed(checker, path, text, parseIp);
}

/** Reports text that is not a prefix without host bits; the prefix otherwise. */
export function checkPrefix(
  checker: Checker,
  path: Path,
  text: string,
): ReturnType<typeof parsePrefix> | undefined {
  return checkParsed(checker, path, text, parsePrefix);
}

/** Reports a number that is not a port, 1 to 65535. */
export function checkPort(checker: Checker, path: Path, value: number): void {
  if (value >= 1 && value <= 65_535) return;
  checker.invalid(path, `${String(value)} is not a port`, "a port is a number from 1 to 65535");
}

/** Reports a port by number or name that can be neither. */
export function checkPortOrName(checker: Checker, path: Path, value: number | string): void {
  if (typeof value === "number") checkPort(checker, path, value);
  else checkPortName(checker, path, value);
}

export function checkPortName(checker: Checker, path: Path, name: string): void {
  if (isPortName(name)) return;
  checker.invalid(
    path,
    `${JSON.stringify(name)} is not a port's name`,
    "at most 15 of a-z, 0-9 and single hyphens between them, with a letter",
  );
}

/** Reports what comes again in a list; `pathOf` says where the element at an index stands. */
export function checkUnique(
  checker: Checker,
  values: readonly (string | undefined)[],
  pathOf: (index: number) => Path,
): void {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (value === undefined || value === "") continue;
    if (seen.has(value)) {
      checker.invalid(pathOf(index), `${JSON.stringify(value)} is used twice`, "choose another");
    }
    seen.add(value);
  }
}
