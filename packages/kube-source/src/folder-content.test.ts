import { describe, expect, it } from "vitest";
import { type FileState, mergeFiles, nextFileState } from "./folder-content.ts";
import { formatProblem, parseManifests } from "./index.ts";

function parse(file: string) {
  return (text: string) => parseManifests(text, { file, accepted: ["Namespace"] });
}

function namespaces(...names: readonly string[]): string {
  return names
    .map((name) => `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`)
    .join("");
}

function read(file: string, text: string, previous?: FileState): FileState {
  return nextFileState(previous, { text }, parse(file));
}

const keys = ({ objects }: Pick<FileState, "objects">) => objects.map(({ key }) => key);

describe("a file", () => {
  it("counts whole or not at all", () => {
    const broken = read("a.yaml", `${namespaces("a")}---\nkind: Pod\n`);
    expect(keys(broken)).toEqual([]);
    expect(broken.problems).toHaveLength(1);
  });

  it("keeps what it defined while it has a problem, and is repaired", () => {
    const good = read("a.yaml", namespaces("a", "b"));
    const broken = read("a.yaml", `${namespaces("a", "c")}---\nkind: Pod\n`, good);
    expect(keys(broken)).toEqual(["a", "b"]);
    expect(broken.problems).toHaveLength(1);
    const problem = {
      code: "unreadable",
      operation: "read file",
      subject: "a.yaml",
      reason: "x",
    } as const;
    const unreadable = nextFileState(broken, { problem }, parse("a.yaml"));
    expect(keys(unreadable)).toEqual(["a", "b"]);
    expect(unreadable.problems).toEqual([problem]);
    const repaired = read("a.yaml", namespaces("a", "c"), unreadable);
    expect(keys(repaired)).toEqual(["a", "c"]);
    expect(repaired.problems).toEqual([]);
  });

  it("is not parsed again while its text stays", () => {
    const good = read("a.yaml", namespaces("a"));
    expect(read("a.yaml", namespaces("a"), good)).toBe(good);
  });
});

describe("several files", () => {
  it("give the union of their objects; the first file that defines one counts", () => {
    const first = read("a.yaml", namespaces("a", "b"));
    const second = read("b.yaml", namespaces("b", "c"));
    const { objects, problems } = mergeFiles([first, second]);
    expect(objects.map(({ key, location }) => `${key} ${location.file}`)).toEqual([
      "a a.yaml",
      "b a.yaml",
      "c b.yaml",
    ]);
    expect(problems.map(formatProblem)).toEqual([
      "b.yaml:2:1: Namespace b is already defined at a.yaml:6:1 " +
        "(that one counts; remove one of the two, or give it another name)",
    ]);
  });
});
