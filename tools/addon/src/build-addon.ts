import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compiler, compilerVersion } from "./compiler.ts";
import { sha256 } from "./download.ts";

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
  readonly cacheDir?: string;
}

/** The folder of a prebuild in `prebuilds/`: `linux-x64-glibc`. */
export function prebuildName(): string {
  return `${process.platform}-${process.arch}-${isMusl() ? "musl" : "glibc"}`;
}

const compileFlags = (
  "-std=gnu11 -O2 -g0 -fPIC -shared -fvisibility=hidden -ffunction-sections " +
  "-Wall -Wextra -Werror -D_GNU_SOURCE -DNAPI_VERSION=9"
).split(" ");
const linkFlags = ["-pthread", "-Wl,-z,relro,-z,now", "-Wl,--gc-sections"];

/** Compiles the addon with `$CC` (default `gcc`) and returns its path. The file is replaced atomically. */
export function buildAddon(options: AddonOptions): string {
  const target = join(options.packageDir, "prebuilds", prebuildName(), `${options.name}.node`);
  const args = compilerArguments(options);
  const record = recordPath(options);
  const key = record === undefined ? "" : inputsKey(options, args);
  if (record !== undefined && existsSync(target) && readRecord(record) === key) return target;
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.${String(process.pid)}`;
  compile([...args, "-o", unfinished], options);
  renameSync(unfinished, target);
  if (record !== undefined) {
    mkdirSync(dirname(record), { recursive: true });
    writeFileSync(record, key);
  }
  return target;
}

/** The compiler's own messages go straight to standard error. */
function compile(args: readonly string[], { name, packageDir }: AddonOptions): void {
  try {
    execFileSync(compiler(), args, { cwd: packageDir, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    const line = [compiler(), ...args].join(" ");
    throw new Error(`compile ${name}.node: the compiler failed, see above: ${line}`, {
      cause: error,
    });
  }
}

function compilerArguments(options: AddonOptions): string[] {
  const headers = fileURLToPath(new URL("include", import.meta.resolve("node-api-headers")));
  const includes = [headers, ...(options.includes ?? [])];
  return [
    ...compileFlags,
    ...includes.flatMap((folder) => ["-isystem", folder]),
    ...options.sources,
    ...(options.extra ?? []),
    ...linkFlags,
  ];
}

function recordPath(options: AddonOptions): string | undefined {
  if (options.cacheDir === undefined) return undefined;
  return join(options.cacheDir, "addons", `${options.name}-${prebuildName()}.key`);
}

/** Stands for everything that decides what the compiler writes. */
function inputsKey(options: AddonOptions, args: readonly string[]): string {
  const files = [...options.sources, ...(options.inputs ?? [])].map((path) =>
    sha256(readFileSync(resolve(options.packageDir, path))),
  );
  return sha256(JSON.stringify([compilerVersion(), args, files]));
}

function readRecord(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** A process that runs on glibc names its version in the report; one on musl does not. */
function isMusl(): boolean {
  const report: unknown = process.report.getReport();
  const header = propertyOf(report, "header");
  return propertyOf(header, "glibcVersionRuntime") === undefined;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
