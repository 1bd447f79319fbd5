// Brings the machine to where the demo and the tests run, then runs what stands after `--`.
//
//   node tools/setup/src/setup.mjs [--with GROUP] [--] [COMMAND ARGUMENT...]
//
// GROUP names optional requirements that the command has: `bench`, `kernels`.
//
// Everything is checked each time and done only when needed, so that the second time is quick.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, release } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  debianReleases,
  isReadable,
  kernelProblems,
  missingRequirements,
  optionalPrograms,
  pathOf,
  readDistribution,
} from "./requirements.mjs";

/** The first Node that every package of the lock file takes. */
const npmNodeMajor = 22;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binaries = join(root, "node_modules", ".bin");
const environment = {
  ...process.env,
  PATH: `${binaries}${delimiter}${process.env.PATH}`,
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --conditions=heddle-source`.trim(),
  NX_DAEMON: "false",
  NX_TUI: "false",
};

/** @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** @param {readonly string[]} lines */
function giveUp(lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

/**
 * Runs a step; its output is shown when it fails.
 * @param {string} what
 * @param {string} command
 * @param {readonly string[]} args
 */
function step(what, command, args) {
  const started = Date.now();
  say(`${what} ...`);
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
    giveUp([`${what} failed: ${[command, ...args].join(" ")}: ${describeEnd(result)}`]);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** @param {import("node:child_process").SpawnSyncReturns<string>} result */
function describeEnd(result) {
  if (result.error) return result.error.message;
  return result.signal ? `killed by ${result.signal}` : `exit code ${result.status}`;
}

function checkMachine() {
  if (process.platform !== "linux") giveUp([`Heddle needs Linux; this is ${process.platform}`]);
  if (!["x64", "arm64"].includes(process.arch)) {
    giveUp([`Heddle runs on x64 and arm64; this is ${process.arch}`]);
  }
  if (process.getuid?.() !== 0) {
    giveUp([
      "this needs root: it loads BPF programs and makes network namespaces",
      `run it as root: sudo npm run ${process.env.npm_lifecycle_event ?? "demo"}`,
    ]);
  }
  const problems = kernelProblems(release());
  if (problems.length > 0) giveUp(problems);
}

/** @param {readonly (keyof typeof optionalPrograms)[]} groups */
function installPackages(groups) {
  const missing = missingRequirements(groups);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const distribution = readDistribution();
  if (!distribution.isSupported) {
    giveUp([
      `${distribution.name} is none that this script installs on, which are Debian ${debianReleases.join(" and ")}`,
      "please install there, or upgrade where a package is too old:",
      ...missing.map(
        (one) => `  ${one.program ?? one.path} (Debian: ${one.debian}), for ${one.for}`,
      ),
    ]);
  }
  say(`installing from Debian: ${packages.join(" ")}`);
  environment.DEBIAN_FRONTEND = "noninteractive";
  step("apt-get update", "apt-get", ["update", "-q"]);
  step("apt-get install", "apt-get", ["install", "-qy", "--no-install-recommends", ...packages]);
  const still = missingRequirements(groups);
  if (still.length > 0) {
    giveUp(still.map((one) => `${one.program ?? one.path} is missing even with ${one.debian}`));
  }
}

function installModules() {
  const stamp = join(root, "node_modules", ".heddle-lock");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (isReadable(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const [npm, ...args] = npmCommand();
  step("npm ci", npm, [...args, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
  writeFileSync(stamp, lock);
}

/**
 * How npm is run. It leaves out, without a word, those optional packages that do not take the Node it runs
 * on, among them the native parts of the tests' tools; so where that is an old one, npm runs on ours.
 */
function npmCommand() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major >= npmNodeMajor) return ["npm"];
  const folder = join(root, ".heddle", "node");
  const name = `node-linux-${process.arch}`;
  const node = join(folder, "node_modules", name, "bin", "node");
  if (!isReadable(node)) {
    const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const wanted = `${name}@${optionalDependencies[name]}`;
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
    step(`fetching ${wanted}`, "npm", ["install", "--prefix", folder, ...quiet, wanted]);
  }
  const npm = process.env.npm_execpath ?? pathOf("npm");
  return npm === undefined ? ["npm"] : [node, npm];
}

/**
 * Makes `node` in npm scripts the one that the project is pinned to. npm 11 does so by itself; npm 9 removes
 * the link again together with the package for the other kind of processor.
 */
function linkNode() {
  const link = join(binaries, "node");
  const target = join("..", `node-linux-${process.arch}`, "bin", "node");
  if (isReadable(link)) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

function mountBpffs() {
  const folder = "/sys/fs/bpf";
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  if (new RegExp(` ${folder} .* - bpf `, "m").test(mounts)) return;
  mkdirSync(folder, { recursive: true });
  step(`mounting bpffs on ${folder}`, "mount", ["-t", "bpf", "bpf", folder]);
}

/** Through Nx, which skips what is up to date. */
function build() {
  step("building addons and BPF objects", "nx", [
    "run-many",
    "-t",
    "native",
    "bpf",
    "--output-style=static",
  ]);
}

/**
 * Runs the command and ends as it ends. What is to end this process is the command's to clean up after: a
 * terminal sends Ctrl-C to both, other signals are passed on.
 * @param {readonly string[]} command
 */
function run([program, ...args]) {
  if (program === undefined) return;
  const child = spawn(program, args, { cwd: root, env: environment, stdio: "inherit" });
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => giveUp([`${program}: ${error.message}`]));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** What stands before the command: the groups of optional requirements, and the command itself. */
function parseArguments() {
  const [first, group, ...others] = process.argv.slice(2);
  const named = first === "--with";
  if (named && !(group in optionalPrograms)) {
    giveUp([`unknown group ${group}; there is ${Object.keys(optionalPrograms).join(", ")}`]);
  }
  const rest = named ? others : process.argv.slice(2);
  return { groups: named ? [group] : [], command: rest[0] === "--" ? rest.slice(1) : rest };
}

const { groups, command } = parseArguments();
checkMachine();
installPackages(groups);
installModules();
linkNode();
mountBpffs();
build();
run(command);
