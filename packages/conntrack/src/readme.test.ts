import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const example = new URL("../examples/handshake.ts", import.meta.url);

it.each(["watch-device", "masquerade"])(
  "the example %s of the kernel's half is the one that is run by its test",
  async (name) => {
    const file = new URL(`../examples/${name}.ts`, import.meta.url);
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${await readFile(file, "utf8")}\`\`\`\n`);
  },
);

it("the example of the README is the one that is compiled, and does what it says", async () => {
  const source = await readFile(example, "utf8");
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);

  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--conditions=heddle-source", example.pathname]);
  expect(stdout).toBe("syn opening 60000\nack established 8000000\nrst closing 10000\n[ 3 ]\n");
});
