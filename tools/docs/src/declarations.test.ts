import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseDeclarations, readDeclarations } from "./declarations.ts";

describe("declarations", () => {
  it("are found with their comments, to their ends", () => {
    const text = `import type { A } from "./a.ts";
/** What it does;
 * and more. */
export declare function f(options: { readonly a: A; }): Promise<{ readonly b: number; }>;
export interface I<T> {
    /** A member; with { braces. */
    readonly m: T;
}
/** Either. */
export type U = "a" | { readonly b: 1; };
declare const hidden: 1;
export declare const c: readonly [1, 2];
`;
    expect(parseDeclarations(text)).toEqual([
      {
        name: "f",
        doc: "What it does;\nand more.",
        code: "function f(options: { readonly a: A; }): Promise<{ readonly b: number; }>;",
      },
      {
        name: "I",
        doc: "",
        code: "interface I<T> {\n    /** A member; with { braces. */\n    readonly m: T;\n}",
      },
      { name: "U", doc: "Either.", code: 'type U = "a" | { readonly b: 1; };' },
      { name: "c", doc: "", code: "const c: readonly [1, 2];" },
    ]);
  });

  it("are followed through what an entry point exports, and nothing else", () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-docs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = {
      "index.d.ts": 'export { a, type B } from "./one.ts";\nexport * from "./two.ts";\n',
      "one.d.ts": "export declare const a: 1;\nexport type B = 1;\nexport type Hidden = 1;\n",
      "two.d.ts": 'export type * from "./three.ts";\nexport type C = 1;\n',
      "three.d.ts": "export type D = 1;\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const found = readDeclarations(join(folder, "index.d.ts"));
    expect(
      found.map(({ name, declarations }) => [name, declarations.map((one) => one.name)]),
    ).toEqual([
      ["one", ["a", "B"]],
      ["two", ["C"]],
      ["three", ["D"]],
    ]);
  });
});
