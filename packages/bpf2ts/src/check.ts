import { Bpf2tsError } from "./bpf2ts-error.ts";
import { type GeneratedFile, presentContent } from "./generated-file.ts";

/** How many lines of a difference are shown, from each side. */
const shownLines = 8;

/** @throws {Bpf2tsError} `stale` when a file is not as it should be, with where each begins to differ */
export function checkFiles(files: readonly GeneratedFile[], command: string): void {
  const stale = files.flatMap(({ path, content }) => {
    const present = presentContent(path);
    return present === content ? [] : [describeStale(path, present, content)];
  });
  if (stale.length === 0) return;
  throw new Bpf2tsError({
    code: "stale",
    operation: "check",
    subject: "generated files",
    reason: `${String(stale.length)} of ${String(files.length)} are stale\n${stale.join("\n")}`,
    hint: `run \`${command}\` and commit what it changes`,
  });
}

function describeStale(path: string, present: string | undefined, wanted: string): string {
  if (present === undefined) return `${path}: missing`;
  return `${path}:${shortDiff(present.split("\n"), wanted.split("\n"))}`;
}

/** The lines between the first and the last that differ, as in a unified diff, and not too many. */
function shortDiff(present: readonly string[], wanted: readonly string[]): string {
  const limit = Math.min(present.length, wanted.length);
  let start = 0;
  while (start < limit && present[start] === wanted[start]) start++;
  let end = 0;
  while (end < limit - start && present.at(-1 - end) === wanted.at(-1 - end)) end++;
  const lines = [
    ...marked("-", present.slice(start, present.length - end)),
    ...marked("+", wanted.slice(start, wanted.length - end)),
  ];
  return [String(start + 1), ...lines].join("\n");
}

function marked(mark: string, lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, shownLines).map((line) => `  ${mark} ${line}`);
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, `  ${mark} ... ${String(rest)} more lines`];
}
