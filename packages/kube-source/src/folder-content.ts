import type { FileContent } from "./folder-files.ts";
import type { ManifestObject } from "./manifest-object.ts";
import type { Manifests } from "./manifests.ts";
import type { SourceKind } from "./object-source.ts";
import { formatLocation, type SourceLocation, type SourceProblem } from "./problem.ts";

/** What a file of the folder contributes. */
export interface FileState {
  /** What was last read; absent when it could not be read. */
  readonly text?: string;
  /** What the file defined when it was last without a problem. */
  readonly objects: readonly ManifestObject<SourceKind>[];
  readonly problems: readonly SourceProblem[];
}

/**
 * The file's state after it was read. All of a file counts or none of it: while it has a problem, what it
 * defined before stays.
 */
export function nextFileState(
  previous: FileState | undefined,
  content: FileContent,
  parse: (text: string) => Manifests<SourceKind>,
): FileState {
  const objects = previous?.objects ?? [];
  if ("problem" in content) return { objects, problems: [content.problem] };
  if (previous?.text === content.text) return previous;
  const parsed = parse(content.text);
  if (parsed.problems.length === 0) return { text: content.text, ...parsed };
  return { text: content.text, objects, problems: parsed.problems };
}

/** What the files of a folder say together. */
export interface FolderContent {
  readonly objects: readonly ManifestObject<SourceKind>[];
  readonly problems: readonly SourceProblem[];
}

/** Of an object that several files define, the first file's counts; `files` are in the order of their names. */
export function mergeFiles(files: Iterable<FileState>): FolderContent {
  const objects = new Map<string, ManifestObject<SourceKind>>();
  const problems: SourceProblem[] = [];
  for (const file of files) {
    problems.push(...file.problems);
    for (const object of file.objects) {
      const name = `${object.kind} ${object.key}`;
      const first = objects.get(name);
      if (first === undefined) objects.set(name, object);
      else problems.push(duplicate(name, object.location, first.location));
    }
  }
  return { objects: [...objects.values()], problems };
}

function duplicate(name: string, here: SourceLocation, first: SourceLocation): SourceProblem {
  return {
    code: "duplicate-object",
    operation: "read manifest",
    subject: formatLocation(here),
    location: here,
    path: "",
    reason: `${name} is already defined at ${formatLocation(first)}`,
    hint: "that one counts; remove one of the two, or give it another name",
  };
}
