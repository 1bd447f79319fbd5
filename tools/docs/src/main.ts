// Writes the pages of the reference that are made from code; with --check, tells whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeConfiguration } from "./agent-configuration.ts";
import { describeLibbpfNapi } from "./api-reference.ts";
import { root } from "./markdown.ts";

const pages = {
  "docs/reference/agent-configuration.md": describeConfiguration,
  "docs/reference/libbpf-napi.md": describeLibbpfNapi,
};

for (const [path, describe] of Object.entries(pages)) {
  const file = join(root, path);
  const text = describe();
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`${path} is out of date: npm run generate`);
    process.exitCode = 1;
  }
}
