import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { assignOwners } from "./assign-owners.ts";
import type { BpfgenConfig } from "./config.ts";
import { emitFile } from "./emit-file.ts";
import { readDocs } from "./read-docs.ts";

/** A generated file as it should be. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Generates every file of a configuration, without writing any. The same objects and sources give the same
 * files.
 *
 * @throws {BpfgenError} with every problem that was found
 * @throws {BtfError} when an object is damaged
 */
export function generate(config: BpfgenConfig): readonly GeneratedFile[] {
  const docs = readDocs(config.sources);
  return assignOwners(config).map((model) => ({
    path: config.outputs[model.owner] ?? "",
    content: emitFile(model, docs, config.command),
  }));
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
