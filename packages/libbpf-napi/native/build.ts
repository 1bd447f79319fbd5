/**
 * Builds the addon of this package: `npm run native -w libbpf-napi [-- TARGET...]`, for this machine or for
 * the targets that are named, such as `linux-arm64-glibc`.
 *
 * Downloads the pinned sources of libbpf, libelf and zlib from a Debian mirror, compiles them into
 * position-independent static libraries and links them with the C files of this folder, so that the
 * result needs libc alone. Needs the Debian packages gcc, libc6-dev, bzip2 and tar.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildContext,
  buildAddon,
  buildStaticLibrary,
  targetNamed,
  unpackSource,
} from "@heddle-tools/addon";
import { layOutHeaders } from "./headers.ts";
import { copyNotices } from "./notices.ts";
import { elfutilsSource, staticLibraries, zlibSource } from "./libraries.ts";

const packageDir = fileURLToPath(new URL("..", import.meta.url));
const repository = join(packageDir, "../..");

function createContext(target: string | undefined): BuildContext {
  const prefix = target === undefined ? "" : `${target}: `;
  return {
    cacheDir: join(repository, ".heddle/cache"),
    report: (line) => void process.stdout.write(`libbpf-napi: ${prefix}${line}\n`),
    ...(target === undefined ? {} : { target: targetNamed(target) }),
  };
}

async function buildLibraries(context: BuildContext): Promise<string[]> {
  const folders = {
    zlib: await unpackSource(zlibSource, context),
    elfutils: await unpackSource(elfutilsSource, context),
  };
  const archives: string[] = [];
  for (const library of staticLibraries(folders)) {
    archives.push(await buildStaticLibrary(library, context));
  }
  return archives;
}

/** libuv's header travels with Node itself. */
function nodeHeaders(): string {
  const folder = join(dirname(process.execPath), "../include/node");
  if (existsSync(join(folder, "uv.h"))) return folder;
  throw new Error(
    `no uv.h in ${folder}: build with the Node that "npm install" put into node_modules, or another that has its headers`,
  );
}

function sourcesIn(folder: string, ending: string): string[] {
  const names = readdirSync(join(packageDir, folder)).filter((name) => name.endsWith(ending));
  return names.toSorted().map((name) => join(folder, name));
}

async function build(context: BuildContext): Promise<void> {
  const headers = await layOutHeaders(context);
  const archives = await buildLibraries(context);
  const addon = buildAddon({
    packageDir,
    name: "libbpf-napi",
    sources: sourcesIn("native/src", ".c"),
    includes: [headers, join(headers, "uapi"), nodeHeaders()],
    // The libraries mark their interface as visible; here it is not.
    extra: [...archives, "-Wl,--exclude-libs,ALL"],
    inputs: sourcesIn("native/src", ".h"),
    cacheDir: context.cacheDir,
    ...(context.target === undefined ? {} : { target: context.target }),
  });
  await copyNotices(join(dirname(addon), "licenses"), context);
  context.report(`${relative(repository, addon)} is up to date`);
}

try {
  const targets = process.argv.slice(2);
  for (const target of targets.length > 0 ? targets : [undefined])
    await build(createContext(target));
} catch (error) {
  process.stderr.write(`libbpf-napi: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
