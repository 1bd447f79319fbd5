import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compilerVersion, glibcFloor, targetFlags } from "./compiler.ts";
import { sha256 } from "./download.ts";
import { checkGlibcFloor } from "./glibc-floor.ts";
import { hostTarget, type Target } from "./target.ts";

export interface AddonOptions {
  /** The package's folder; the result goes to `prebuilds/` in it. */
  readonly packageDir: string;
  /** The addon's file name without `.node`. */
  readonly name: string;
  /** C source files, absolute or relative to `packageDir`. */
  readonly sources: readonly string[];
  /** Further folders with headers. */
  readonly includes?: readonly string[];
  /** Further compiler or linker arguments, static libraries among them; they come after the sources. */
  readonly extra?: readonly string[];
  /** Further files that the result depends on, such as headers, absolute or relative to `packageDir`. */
  readonly inputs?: readonly string[];
  /** Where to note what was built, so that nothing is done when nothing changed. */
  readonly cacheDir: string;
  /** @defaultValue {@link hostTarget} */
  readonly target?: Target;
}

const compileFlags = (
  "-std=gnu11 -O2 -g0 -fPIC -shared -fvisibility=hidden -ffunction-sections " +
  "-Wall -Wextra -Werror -D_GNU_SOURCE -DNAPI_VERSION=9"
).split(" ");
const linkFlags = ["-pthread", "-Wl,-z,relro,-z,now", "-Wl,--gc-sections"];

/** Compiles the addon for the target and returns its path. The file is replaced atomically. */
export function buildAddon(options: AddonOptions): string {
  const target = options.target ?? hostTarget();
  const file = join(options.packageDir, "prebuilds", target.name, `${options.name}.node`);
  const args = compilerArguments(options, target);
  const record = join(options.cacheDir, "addons", `${options.name}-${target.name}.key`);
  const key = inputsKey(options, target, args);
  if (existsSync(file) && readRecord(record) === key) return file;
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${String(process.pid)}`;
  compile([...args, "-o", unfinished], options, target);
  try {
    checkGlibcFloor(unfinished);
  } catch (error) {
    rmSync(unfinished);
    throw error;
  }
  renameSync(unfinished, file);
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, key);
  return file;
}

/** The compiler's own messages go straight to standard error. */
function compile(
  args: readonly string[],
  { name, packageDir }: AddonOptions,
  { compiler }: Target,
): void {
  try {
    execFileSync(compiler, args, { cwd: packageDir, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    const line = [compiler, ...args].join(" ");
    throw new Error(`compile ${name}.node: the compiler failed, see above: ${line}`, {
      cause: error,
    });
  }
}

function compilerArguments(options: AddonOptions, target: Target): string[] {
  const headers = fileURLToPath(new URL("include", import.meta.resolve("node-api-headers")));
  const includes = [headers, ...(options.includes ?? [])];
  return [
    ...compileFlags,
    ...includes.flatMap((folder) => ["-isystem", folder]),
    ...targetFlags(target, options.cacheDir),
    ...options.sources,
    ...(options.extra ?? []),
    ...linkFlags,
  ];
}

/** Stands for everything that decides what the compiler writes. */
function inputsKey(options: AddonOptions, target: Target, args: readonly string[]): string {
  const files = [...options.sources, ...(options.inputs ?? []), glibcFloor].map((path) =>
    sha256(readFileSync(resolve(options.packageDir, path))),
  );
  return sha256(JSON.stringify([compilerVersion(target), args, files]));
}

function readRecord(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
