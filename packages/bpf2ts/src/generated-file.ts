import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A generated file as it should be. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** What the file holds now, if it exists. */
export function presentContent(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Writes the files that are not as they should be, and returns them. */
export function writeFiles(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  const stale = files.filter(({ path, content }) => presentContent(path) !== content);
  for (const { path, content } of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return stale;
}
