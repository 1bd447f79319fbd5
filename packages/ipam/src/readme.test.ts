import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

const run = promisify(execFile);

function example(name: string): string {
  return new URL(`../examples/${name}.ts`, import.meta.url).pathname;
}

/** What the example prints. */
async function output(name: string, ...flags: readonly string[]): Promise<string> {
  const node = ["--conditions=heddle-source", example(name), ...flags];
  return (await run(process.execPath, node)).stdout;
}

it.each(["node-pool", "file-backed", "cluster"])(
  "the README shows the example %s that is compiled",
  async (name) => {
    const source = await readFile(example(name), "utf8");
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
  },
);

it("a node's pool gives addresses", async () => {
  expect(await output("node-pool")).toBe("10.0.1.1 fd00:1::1\n10.0.1.2\n");
});

it("a cluster's pool supplies a node", async () => {
  expect(await output("cluster")).toBe("10.0.0.0/28: 14, 10.0.0.16/28: 6\n");
});

it("a pool in files survives its restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "heddle-ipam-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await output("file-backed", folder, "a", "b")).toBe(
    "a 10.0.1.1 fd00:1::1\nb 10.0.1.2 fd00:1::2\n",
  );
  expect(await output("file-backed", folder, "b", "c")).toBe(
    "b 10.0.1.2 fd00:1::2\nc 10.0.1.3 fd00:1::3\n",
  );
});
