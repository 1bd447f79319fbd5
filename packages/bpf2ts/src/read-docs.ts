import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { missing } from "./bpf2ts-error.ts";
import { documentedNames } from "./documented-names.ts";
import { tokenize } from "./tokenize.ts";

/** What the doc comments of the C sources say. Texts are without comment marks. */
export interface Docs {
  /** Of a struct, union or enum by its tag, or of a typedef. */
  type(name: string): string | undefined;
  field(structName: string, name: string): string | undefined;
  enumerator(name: string): string | undefined;
  /** Of a map, a setting or a program. */
  symbol(name: string): string | undefined;
}

/** Reads files, and every `.h` and `.c` file below folders; the first comment counts where a name has several. */
export function readDocs(paths: readonly string[]): Docs {
  const files = paths.flatMap(sourceFiles);
  return docsOf(files.map((file) => readFileSync(file, "utf8")));
}

/** The doc comments of C sources. */
export function docsOf(sources: readonly string[]): Docs {
  const texts = new Map<string, string>();
  for (const source of sources) {
    for (const { key, doc } of documentedNames(tokenize(source))) {
      if (!texts.has(key)) texts.set(key, doc);
    }
  }
  return {
    type: (name) => texts.get(`type ${name}`),
    field: (structName, name) => texts.get(`field ${structName}.${name}`),
    enumerator: (name) => texts.get(`enumerator ${name}`),
    symbol: (name) => texts.get(`symbol ${name}`),
  };
}

function sourceFiles(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw missing("read C sources", path, "there is nothing");
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.[hc]$/.test(file))
    .toSorted()
    .map((file) => join(path, file));
}
