import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe.each(["forward.ts", "vxlan.ts"])("the example %s", (name) => {
  const path = new URL(`../examples/${name}`, import.meta.url);
  const source = readFileSync(path, "utf8");

  it("is the one that the README shows", () => {
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
  });

  it("prints what it says", async () => {
    const { stdout } = await run(process.execPath, ["--conditions=heddle-source", path.pathname]);
    const comments = Array.from(source.matchAll(/\/\/ (.+)$/gm), ([, text]) => text);
    expect(stdout.trimEnd().split("\n")).toEqual(comments);
  });
});
