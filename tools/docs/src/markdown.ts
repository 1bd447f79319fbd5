import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** A page of the documentation. */
export interface Page {
  /** Path relative to the root. */
  readonly path: string;
  readonly text: string;
}

/** A block of code in a page. */
export interface CodeBlock {
  readonly page: string;
  /** The line that the code begins at, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** Every page that is ours: `docs`, and the READMEs at the root, in `bpf`, packages and tools. */
export function readPages(): readonly Page[] {
  return globSync(["*.md", "docs/**/*.md", "bpf/*.md", "{packages,tools}/*/*.md"], { cwd: root })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The fenced blocks of a page. */
export function codeBlocks({ path, text }: Page): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const match of text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)) {
    const [, , language = "", code = ""] = match;
    const line = text.slice(0, match.index).split("\n").length + 1;
    blocks.push({ page: path, line, language, code });
  }
  return blocks;
}

/** The targets of a page's links. */
export function links({ text }: Page): readonly string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target);
}

/** The anchors that a page's headings have, as forges make them. */
export function anchors({ text }: Page): ReadonlySet<string> {
  return new Set(
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
