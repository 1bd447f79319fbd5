import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { encapsulationOverhead, heddleOptionLengths } from "./index.ts";

const example = new URL("../examples/tunnel.ts", import.meta.url);
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

it("the example of the README is the one that is compiled, and does what it says", async () => {
  const source = await readFile(example, "utf8");
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);

  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--conditions=heddle-source", example.pathname]);
  const comments = Array.from(source.matchAll(/\/\/ (.+)$/gm), ([, text]) => text);
  expect(stdout.trimEnd().split("\n")).toEqual(comments);
});

it("the README has the bytes that a tunnel takes", () => {
  for (const family of [4, 6] as const) {
    const frames = encapsulationOverhead(family);
    const packets = encapsulationOverhead(family, { inner: "ip" });
    const row = new RegExp(
      `\\| IPv${String(family)} +\\| ${String(frames)} +\\| ${String(packets)} `,
    );
    expect(readme).toMatch(row);
  }
  const { "cluster-id": cluster, "dsr-ipv4": four, "dsr-ipv6": six } = heddleOptionLengths;
  expect(readme).toContain(
    `${String(cluster)} bytes for \`cluster-id\`, ${String(four)} for \`dsr-ipv4\`, ${String(six)} for \`dsr-ipv6\``,
  );
});
