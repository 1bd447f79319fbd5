#!/usr/bin/env node
// Generates TypeScript from compiled BPF objects; see `bpf2ts --help`.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { CodedError } from "@heddle/contracts";
import { checkFiles } from "./check.ts";
import { parseCommandLine, type Request, usage, UsageError } from "./command-line.ts";
import { loadConfig } from "./config.ts";
import { generate } from "./generate.ts";
import { generateObjects } from "./generate-objects.ts";
import { type GeneratedFile, writeFiles } from "./generated-file.ts";

interface Generated {
  readonly files: readonly GeneratedFile[];
  /** How to generate them. */
  readonly command: string;
}

async function generated(
  request: Exclude<Request, { kind: "help" | "version" }>,
): Promise<Generated> {
  if (request.kind === "objects") {
    const args = process.argv.slice(2).filter((arg) => arg !== "--check");
    return { files: generateObjects(request.options), command: ["bpf2ts", ...args].join(" ") };
  }
  const config = await loadConfig(request.path);
  return { files: generate(config), command: config.command };
}

async function main(args: readonly string[]): Promise<void> {
  const request = parseCommandLine(args);
  if (request.kind === "help") return console.log(usage.trimEnd());
  if (request.kind === "version") return console.log(version());
  const { files, command } = await generated(request);
  if (request.check) return checkFiles(files, command);
  for (const file of writeFiles(files)) console.log(`wrote ${relative(".", file.path)}`);
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  const { version: found }: Readonly<Record<string, unknown>> = Object(manifest);
  return String(found);
}

// Exit codes: 0 done, 1 refused or stale, 2 wrong usage.
try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof CodedError)) throw error;
  console.error(`bpf2ts: ${error.message}`);
  if (isUsage) console.error("`bpf2ts --help` shows how it is called.");
  process.exitCode = isUsage ? 2 : 1;
}
