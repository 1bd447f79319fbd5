// Writes the pages and pictures that are made from code; with --check, tells whether they are up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeConfiguration } from "./agent-configuration.ts";
import { describeLibbpfNapi } from "./api-reference.ts";
import { root } from "./markdown.ts";
import { drawPath } from "./pictures/draw-path.ts";
import { paths } from "./pictures/paths.ts";

const pages = new Map([
  ["docs/reference/agent-configuration.md", describeConfiguration()],
  ["docs/reference/libbpf-napi.md", describeLibbpfNapi()],
  ...paths.map((path) => [`docs/explanation/paths/${path.name}.svg`, drawPath(path)] as const),
]);

for (const [path, text] of pages) {
  const file = join(root, path);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    console.error(`${path} is out of date: npm run generate`);
    process.exitCode = 1;
  }
}
