import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Something that a package exports, as its declaration file has it. */
export interface Declaration {
  readonly name: string;
  /** The text of its doc comment, without the stars. */
  readonly doc: string;
  /** The declaration itself; doc comments of members stay in it. */
  readonly code: string;
}

/** What one file of a package exports to the package's users. */
export interface DeclarationFile {
  /** Relative to the entry point's folder, without an ending: `btf/layout`. */
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** All that an entry point such as `dist/index.d.ts` exports, by file, in the order of the exports. */
export function readDeclarations(entry: string): readonly DeclarationFile[] {
  const wanted = new Map<string, Set<string> | "all">();
  collect(entry, "all", wanted);
  return Array.from(wanted, ([path, names]) => ({
    name: path.slice(dirname(entry).length + 1).replace(/\.d\.ts$/, ""),
    declarations: parseDeclarations(readFileSync(path, "utf8")).filter(
      ({ name }) => names === "all" || names.has(name),
    ),
  })).filter(({ declarations }) => declarations.length > 0);
}

/** Follows what a file exports from others. */
function collect(
  path: string,
  names: ReadonlySet<string> | "all",
  wanted: Map<string, Set<string> | "all">,
): void {
  const text = readFileSync(path, "utf8");
  note(path, names, wanted);
  for (const [, list, target = ""] of text.matchAll(
    /^export (?:type )?(?:\*|\{([^}]*)\}) from "([^"]+)";$/gm,
  )) {
    const file = join(dirname(path), target.replace(/\.[jt]s$/, ".d.ts"));
    const all = list === undefined ? undefined : namesIn(list);
    if (all === undefined) collect(file, names, wanted);
    else collect(file, names === "all" ? new Set(all) : names.intersection(new Set(all)), wanted);
  }
}

function note(
  path: string,
  names: ReadonlySet<string> | "all",
  wanted: Map<string, Set<string> | "all">,
): void {
  const held = wanted.get(path);
  if (held === "all") return;
  wanted.set(path, names === "all" ? "all" : new Set(held).union(names));
}

function namesIn(list: string): readonly string[] {
  return list
    .split(",")
    .map((item) => item.trim().replace(/^type /, ""))
    .filter((item) => item !== "");
}

/** The declarations of a file, each with the comment that stands before it. */
export function parseDeclarations(text: string): readonly Declaration[] {
  const declarations: Declaration[] = [];
  const starts = text.matchAll(
    /(?:^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type) (\w+)/gm,
  );
  for (const match of starts) {
    const [whole, comment = "", name = ""] = match;
    const begin = match.index + whole.indexOf("export ", comment === "" ? 0 : comment.length);
    const code = text.slice(begin, endOf(text, begin)).replace(/^export (?:declare )?/, "");
    declarations.push({ name, doc: docText(comment), code });
  }
  return declarations;
}

/** Where a declaration that begins there ends: at the semicolon or brace that nothing encloses. */
function endOf(text: string, begin: number): number {
  let depth = 0;
  for (let index = begin; index < text.length; index++) {
    if (text.startsWith("/*", index)) index = text.indexOf("*/", index) + 1;
    const character = text[index] ?? "";
    if ("{([".includes(character)) depth++;
    if ("})]".includes(character)) depth--;
    if (depth > 0) continue;
    if (character === ";") return index + 1;
    if (character === "}" && /^\s*(?:\n|$)/.test(text.slice(index + 1))) return index + 1;
  }
  return text.length;
}

function docText(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}
