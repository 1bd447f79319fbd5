import type { TestRecord } from "./records.ts";
import type { KernelResult } from "./run-kernel.ts";

/** A test with the kernels in which it did not pass, for one and the same reason. */
interface Exception {
  readonly reason: string;
  readonly kernels: readonly string[];
  readonly tests: readonly string[];
}

/** The tests that came to a result in a kernel. */
function testsOf(result: KernelResult): readonly TestRecord[] {
  return result.records.filter((record) => record.type === "test");
}

/** A line per failure: of tests, of files, of the run. */
export function failuresOf(result: KernelResult): readonly string[] {
  const records = result.records.flatMap((record) => {
    if (record.type === "start" || record.reason === "") return [];
    if (record.type === "end") return [record.reason];
    if (record.type === "module") return [`${record.file}: ${record.reason}`];
    return record.state === "failed" ? [`${record.file}: ${record.name}: ${record.reason}`] : [];
  });
  return result.failure === "" ? records : [...records, result.failure];
}

/** A table in Markdown: a row per test file, a column per kernel; then what was skipped and what failed. */
export function describeResults(results: readonly KernelResult[]): string {
  const files = [...new Set(results.flatMap(filesOf))].toSorted();
  const head = ["tests of", ...results.map(({ kernel }) => `${kernel.version} (${kernel.suite})`)];
  const rows = [head, head.map(() => "---"), ...files.map((file) => rowOf(results, file))];
  return [
    rows.map((row) => `| ${row.join(" | ")} |`).join("\n"),
    section("What is skipped", exceptions(results, "skipped")),
    section("What fails", exceptions(results, "failed")),
  ].join("\n\n");
}

function rowOf(results: readonly KernelResult[], file: string): readonly string[] {
  return [linkTo(file), ...results.map((result) => cell(result, file))];
}

function filesOf(result: KernelResult): readonly string[] {
  return result.records.flatMap((record) => ("file" in record ? [record.file] : []));
}

/** `packages/NAME/src/TITLE.kernel.test.ts`, and `bpf/tests/...` of the programs themselves. */
function linkTo(file: string): string {
  const [, owner = "", , title = ""] =
    /^(?:packages\/)?([^/]+)\/(.*\/)?([^/]+)\.kernel\.test\.ts$/.exec(file) ?? [];
  return `[${owner}: ${title}](../../${file})`;
}

function cell(result: KernelResult, file: string): string {
  if (result.records.some((record) => record.type === "module" && record.file === file))
    return "fails";
  const tests = testsOf(result).filter((test) => test.file === file);
  const counts = (["passed", "skipped", "failed"] as const).flatMap((state) => {
    const count = tests.filter((test) => test.state === state).length;
    return count === 0 ? [] : [`${String(count)} ${state}`];
  });
  return counts.length === 0 ? "not run" : counts.join(", ");
}

function exceptions(
  results: readonly KernelResult[],
  state: TestRecord["state"],
): readonly Exception[] {
  const found = results.flatMap((result) =>
    testsOf(result)
      .filter((test) => test.state === state)
      .map((test) => ({ kernel: result.kernel.version, test })),
  );
  const byReason = Map.groupBy(found, ({ test }) => firstLine(test.reason));
  return [...byReason].map(([reason, group]) => ({
    reason,
    kernels: [...new Set(group.map(({ kernel }) => kernel))],
    tests: [...new Set(group.map(({ test }) => `${linkTo(test.file)}: ${test.name}`))],
  }));
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function section(title: string, found: readonly Exception[]): string {
  const paragraphs = found.map(({ reason, kernels, tests }) => {
    const list = tests.map((test) => `- ${test}`).join("\n");
    return `In ${kernels.join(" and ")}: ${reason === "" ? "no reason given" : reason}\n\n${list}`;
  });
  return [`## ${title}`, ...(found.length === 0 ? ["Nothing."] : paragraphs)].join("\n\n");
}
