import { join } from "node:path";
import { type Declaration, type DeclarationFile, readDeclarations } from "./declarations.ts";
import { root } from "./markdown.ts";

const introduction = `# API of libbpf-napi

All that the package exports, by subject, as the compiler declares it. The [README](../../packages/libbpf-napi/README.md) is where to
begin.
`;

/** The page about what libbpf-napi exports; reads what its build has declared. */
export function describeLibbpfNapi(): string {
  const files = readDeclarations(join(root, "packages/libbpf-napi/dist/index.d.ts"));
  return [introduction, ...files.map((file) => describeFile(file))].join("\n");
}

function describeFile({ name, declarations }: DeclarationFile): string {
  return [`## ${name}\n`, ...declarations.map((one) => describe(one))].join("\n");
}

function describe({ name, doc, code }: Declaration): string {
  const text = doc === "" ? "" : `${links(doc)}\n\n`;
  return `### ${name}\n\n${text}\`\`\`typescript\n${code}\n\`\`\`\n`;
}

/**
 * Doc comments link by name and mark what is thrown by a tag; a page has neither. Their examples are parts of
 * programs, not modules that compile alone.
 */
function links(doc: string): string {
  return doc
    .replaceAll(/^```ts$/gm, "```typescript")
    .replaceAll(/\{@link ([\w.]+)\}/g, "`$1`")
    .replaceAll(
      /^@(throws|defaultValue|param|returns|example)\b\s*(?:\{(\w+)\})?/gm,
      (_, tag, type) =>
        type === undefined ? `**@${String(tag)}**` : `**@${String(tag)}** \`${String(type)}\``,
    );
}
