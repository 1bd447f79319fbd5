import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CodedError } from "@heddle/contracts";
import { KubeSchemaError } from "./error.ts";
import { knownFacts } from "./facts.ts";
import { createModelLoader } from "./model.ts";
import { generateSchema, renderSchema, rootModels } from "./schema.ts";

const committed = new URL("../../../packages/kube-source/src/generated/schema.ts", import.meta.url);

/** `[--check] [FILE]`: writes the schema, or only compares it; resolves to the process's exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { check, path } = readArguments(args);
  const schema = await generateSchema(rootModels, createModelLoader(), knownFacts);
  const text = renderSchema(schema, describeClient());
  if (readExisting(path) === text) {
    console.log(`${path} is up to date (${String(schema.size)} models)`);
    return 0;
  }
  if (check) {
    console.error(`${path} is stale: run npm run generate -w @heddle-tools/kube-schema`);
    return 1;
  }
  writeFileSync(path, text);
  console.log(`${path} written (${String(schema.size)} models)`);
  return 0;
}

function readArguments(args: readonly string[]): { check: boolean; path: string } {
  const [file = fileURLToPath(committed), ...rest] = args.filter((text) => !text.startsWith("-"));
  const unknown = args.find((text) => text.startsWith("-") && text !== "--check") ?? rest[0];
  if (unknown === undefined) return { check: args.includes("--check"), path: file };
  throw new KubeSchemaError({
    code: "invalid-argument",
    operation: "generate schema",
    subject: unknown,
    reason: "not understood",
    hint: "usage: [--check] [FILE]",
  });
}

function describeClient(): string {
  const manifest = new URL("../package.json", import.meta.resolve("@kubernetes/client-node"));
  const version = /"version": "(?<version>[^"]+)"/.exec(readFileSync(manifest, "utf8"));
  return `@kubernetes/client-node ${version?.groups?.["version"] ?? "of unknown version"}`;
}

/** The file's text; undefined while it does not exist. */
function readExisting(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
