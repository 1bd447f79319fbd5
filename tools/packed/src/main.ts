// Packs what an embedder installs, installs it into an empty folder, and uses it on every Node that is
// supported:
//
//   npm run check:packed
//
// Needs root, since a program is loaded.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "./run-tool.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The newest of each line that is supported. */
const nodes = ["22.23.3", "24.21.0", "26.10.0"] as const;

/** libbpf-napi, and what of ours it needs. */
const packages = ["packages/contracts", "packages/libbpf-napi"] as const;

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

const folder = mkdtempSync(join(tmpdir(), "hdt-packed-"));
try {
  runTool(root, "nx", "run-many", "-t", "build", "-p", "libbpf-napi");
  install(folder);
  const script = "embedder.mjs";
  copyFileSync(fileURLToPath(new URL(script, import.meta.url)), join(folder, script));
  const object = join(root, "packages/datapath/objects/pod.bpf.o");
  for (const version of nodes) {
    console.log(`packed: ${runTool(folder, fetchNode(folder, version), script, object).trim()}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
