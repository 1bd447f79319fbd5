import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const examples = new URL("../examples/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, examples), "utf8");

it.each(readdirSync(examples))(
  "the README shows examples/%s, which is compiled, as it is",
  (name) => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n// examples/${name}\n${read(name)}\`\`\`\n`);
  },
);

it("the example of a question says what stands in it", async () => {
  const { pathname } = new URL("question.ts", examples);
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--conditions=heddle-source", pathname]);
  const said = Array.from(
    read("question.ts").matchAll(/(?<!254; )\/\/ (.+)$/gm),
    ([, text]) => text,
  );
  expect(stdout.trimEnd().split("\n")).toEqual(said);
});
