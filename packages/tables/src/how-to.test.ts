import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const file = (path: string): URL => new URL(`../${path}`, import.meta.url);
const guide = (name: string): URL => file(`../../docs/how-to/${name}.md`);

/** Files of this package as the guides show them. */
const shown: readonly (readonly [string, string])[] = [
  ["write-a-controller", "examples/pod-routes.ts"],
  ["write-a-controller", "src/testing/pod-routes.test.ts"],
  ["write-a-reconciler", "examples/folder-target.ts"],
  ["write-a-reconciler", "examples/folder.ts"],
];

describe("the guides", () => {
  it.each(shown)("%s has %s as it is", async (name, path) => {
    const source = await readFile(file(path), "utf8");
    const beside = source.replace("../../examples/", "./");
    expect(await readFile(guide(name), "utf8")).toContain(`\`\`\`ts\n${beside}\`\`\`\n`);
  });

  it("write-a-reconciler says what its example prints", async () => {
    const example = file("examples/folder.ts");
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      "--conditions=heddle-source",
      example.pathname,
    ]);
    const source = await readFile(example, "utf8");
    const promised = Array.from(
      source.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm),
      ([, text]) => text,
    );
    expect(stdout.trimEnd().split("\n")).toEqual(promised);
    expect(promised).toHaveLength(5);
  });
});
