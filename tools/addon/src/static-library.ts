import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { compilerVersion, glibcFloor, targetFlags } from "./compiler.ts";
import { type BuildContext, type DebianSource, unpackSource } from "./debian-source.ts";
import { sha256 } from "./download.ts";
import { runTool } from "./run-tool.ts";
import { hostTarget, type Target } from "./target.ts";

/** How to make `lib<name>.a` out of a source archive: compile each file, collect the objects. */
export interface StaticLibrary {
  readonly source: DebianSource;
  /** What is compiled: files, or folders for all `.c` files in them; relative to the archive's top. */
  readonly compile: readonly string[];
  /** Folders with headers: absolute, or relative to the archive's top. */
  readonly includes: readonly string[];
  /** Further compiler arguments. */
  readonly flags: readonly string[];
  /** The `config.h` that its configure script would have written. */
  readonly config?: string;
}

/** What is linked into an addon must be position-independent, and is dropped where nothing refers to it. */
const staticFlags =
  "-c -O2 -g0 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -pthread -w".split(" ");

/** Compiles the library unless that was done before; returns the archive's path. */
export async function buildStaticLibrary(
  library: StaticLibrary,
  context: BuildContext,
): Promise<string> {
  const { name, version } = library.source;
  const target = context.target ?? hostTarget();
  const key = libraryKey(library, target);
  const file = join(context.cacheDir, "static", `${name}-${version}-${key}.a`);
  if (existsSync(file)) return file;
  const top = await unpackSource(library.source, context);
  await mkdir(join(context.cacheDir, "static"), { recursive: true });
  const work = await mkdtemp(`${file}.`);
  try {
    if (library.config !== undefined) await writeFile(join(work, "config.h"), library.config);
    const files = await sourceFiles(top, library.compile);
    context.report(`compile ${name} ${version}: ${String(files.length)} files`);
    const flags = targetFlags(target, context.cacheDir);
    const objects = await compileAll(
      files,
      { ...library, flags: [...flags, ...library.flags] },
      {
        compiler: target.compiler,
        top,
        work,
      },
    );
    const archive = join(work, "library.a");
    await runTool("ar", ["rcs", archive, ...objects]);
    await rename(archive, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}

/** Stands for everything that decides what the compiler writes. */
function libraryKey(library: StaticLibrary, target: Target): string {
  const floor = sha256(readFileSync(glibcFloor));
  const inputs = [library, staticFlags, target, compilerVersion(target), floor];
  return sha256(JSON.stringify(inputs)).slice(0, 12);
}

async function sourceFiles(top: string, entries: readonly string[]): Promise<string[]> {
  const lists = entries.map(async (entry) => {
    if (entry.endsWith(".c")) return [entry];
    const names = await readdir(join(top, entry));
    return names.filter((name) => name.endsWith(".c")).map((name) => join(entry, name));
  });
  return (await Promise.all(lists)).flat().toSorted();
}

/** Runs one compiler per processor. */
async function compileAll(
  files: readonly string[],
  library: StaticLibrary,
  folders: { readonly compiler: string; readonly top: string; readonly work: string },
): Promise<string[]> {
  const includes = [folders.work, ...library.includes].flatMap((folder) => ["-I", folder]);
  const pending = files.values();
  const objects: string[] = [];
  const worker = async (): Promise<void> => {
    for (const file of pending) {
      const object = join(folders.work, `${basename(file, ".c")}.o`);
      const args = [...staticFlags, ...library.flags, ...includes, "-o", object, file];
      await runTool(folders.compiler, args, folders.top);
      objects.push(object);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return objects.toSorted();
}
