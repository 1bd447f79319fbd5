// Packs what an embedder installs, installs it into an empty folder, and uses it on every Node that is
// supported:
//
//   npm run check:packed
//
// Needs root, since programs are loaded.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "./run-tool.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The newest of each line that is supported. */
const nodes = ["22.23.3", "24.21.0", "26.10.0"] as const;

/** libbpf-napi and bpf2ts, and what of ours they need. */
const packages = ["packages/contracts", "packages/libbpf-napi", "packages/bpf2ts"] as const;

/** Packs the packages and installs them, with what they need from the registry. */
function install(folder: string): void {
  const archives = packages.map((path) =>
    runTool(folder, "npm", "pack", "--silent", join(root, path)).trim(),
  );
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const quiet = ["--no-audit", "--no-fund", "--silent"];
  runTool(folder, "npm", "install", ...quiet, ...archives.map((name) => `./${name}`));
}

/** Fetches a Node and gives the path of its program. */
function fetchNode(folder: string, version: string): string {
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  const wanted = `node-linux-${process.arch}@${version}`;
  const archive = runTool(place, "npm", "pack", "--silent", wanted).trim();
  runTool(place, "tar", "-xf", archive, "package/bin/node");
  return join(place, "package/bin/node");
}

/** Compiles a program that was written for no TypeScript at all, and gives the name of the object. */
function compileForeign(folder: string): string {
  const headers = join(root, ".heddle/cache/libbpf-headers");
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const include = ["-I", headers, "-I", join(headers, "uapi")];
  const system = ["-idirafter", `/usr/include/${machine}-linux-gnu`];
  const source = join(root, "packages/bpf2ts/fixtures/plain.bpf.c");
  const flags = ["-target", "bpf", "-g", "-O2", ...include, ...system];
  runTool(folder, "clang-19", ...flags, "-c", source, "-o", "plain.bpf.o");
  return "plain.bpf.o";
}

/** Puts a script of this folder into the other one. */
function copyScript(folder: string, script: string): string {
  copyFileSync(fileURLToPath(new URL(script, import.meta.url)), join(folder, script));
  return script;
}

/** What is generated has types that fit those of the installed package. */
function checkTypes(folder: string, ...files: readonly string[]): void {
  const options = "--noEmit --strict --target es2023 --module nodenext --lib esnext --skipLibCheck";
  runTool(folder, join(root, "node_modules/.bin/tsc"), ...options.split(" "), ...files);
}

const folder = mkdtempSync(join(tmpdir(), "hdt-packed-"));
try {
  runTool(root, "nx", "run-many", "-t", "build", "-p", "libbpf-napi", "@heddle/bpf2ts");
  install(folder);
  const script = copyScript(folder, "embedder.mjs");
  const generated = copyScript(folder, "generated.mjs");
  const foreign = compileForeign(folder);
  // By its own first line, as npx does.
  runTool(folder, "node_modules/.bin/bpf2ts", "--version");
  const object = join(root, "packages/datapath/objects/pod.bpf.o");
  for (const version of nodes) {
    const node = fetchNode(folder, version);
    console.log(`packed: ${runTool(folder, node, script, object).trim()}`);
    for (const module of ["plain.mjs", "plain.ts"]) {
      const bin = "node_modules/.bin/bpf2ts";
      runTool(folder, node, bin, foreign, "--out", module);
      runTool(folder, node, bin, foreign, "--out", module, "--check");
      console.log(`packed: ${runTool(folder, node, generated, foreign, module).trim()}`);
    }
  }
  checkTypes(folder, "plain.ts", "plain.d.mts");
} finally {
  rmSync(folder, { recursive: true });
}
