import type { Failure } from "./run-suite.ts";

/** A line for each reason that a contestant failed for, with the tests and how often. */
export function describeFailures(failures: readonly Failure[]): readonly string[] {
  const groups = Map.groupBy(failures, ({ suite, contestant, reason }) =>
    JSON.stringify([suite, contestant, reason]),
  );
  return Array.from(groups.values(), describeGroup);
}

function describeGroup(failures: readonly Failure[]): string {
  const [first] = failures;
  if (first === undefined) return "";
  const { suite, contestant, reason } = first;
  if (contestant === "") return `failed: ${suite}: ${reason}`;
  const tests = [...new Set(failures.map(({ test }) => test))].join(", ");
  const times = failures.length === 1 ? "once" : `${String(failures.length)} times`;
  return `failed: ${suite} ${contestant}, ${tests}, ${times}: ${reason}`;
}
