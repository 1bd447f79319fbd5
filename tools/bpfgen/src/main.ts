// Generates TypeScript from compiled BPF objects.
//
//   node tools/bpfgen/src/main.ts [--check] CONFIG
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { CodedError } from "@heddle/contracts";
import { checkFiles } from "./check.ts";
import { loadConfig } from "./config.ts";
import { generate, writeFiles } from "./generate.ts";

const usage = `Usage: node tools/bpfgen/src/main.ts [--check] CONFIG

Generates TypeScript from the compiled BPF objects that CONFIG lists.

  --check   write nothing; exit with 1 and show the difference when a file is stale
  --help    show this text
`;

/** Exit codes: 0 done, 1 refused or stale, 2 wrong usage. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  const [path] = positionals;
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (path === undefined || positionals.length > 1) {
    console.error(usage);
    return 2;
  }
  const config = await loadConfig(path);
  const files = generate(config);
  if (values.check === true) {
    checkFiles(files, config.command);
    return 0;
  }
  for (const file of writeFiles(files)) console.log(`wrote ${relative(".", file.path)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error;
  if (!isUsage && !(error instanceof CodedError)) throw error;
  console.error(error.message);
  process.exitCode = isUsage ? 2 : 1;
}
