import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it.each([
  ["routes.ts", ["Map(1) { '10.0.0.1' => '192.0.2.1' }"]],
  ["indexes.ts", ["1 web", "[ '10.0.0.0/8', 'in' ]", "2"]],
])(
  "the example %s of the README is the one that is compiled, and does what it says",
  async (name, lines) => {
    const example = new URL(`../examples/${name}`, import.meta.url);
    const source = await readFile(example, "utf8");
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
    for (const line of lines) expect(source).toContain(`// ${line}\n`);

    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      "--conditions=heddle-source",
      example.pathname,
    ]);
    expect(stdout).toBe(`${lines.join("\n")}\n`);
  },
);
