import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type BuildContext,
  debianMirrors,
  download,
  fetchArchive,
  publish,
  runTool,
} from "@heddle-tools/addon";
import { type DebianPackage, parseIndex } from "./debian-index.ts";

/** How long an index is used without asking for a newer one, in milliseconds. */
const freshFor = 12 * 3600 * 1000;

/**
 * The packages of a suite for amd64. An index is not checked against a signature: what it names runs in an
 * emulated machine without a network and nowhere else.
 */
export async function suiteIndex(
  suite: string,
  context: BuildContext,
): Promise<ReadonlyMap<string, DebianPackage>> {
  const file = join(context.cacheDir, "indexes", `${suite}.xz`);
  if (!(await isFresh(file))) await refresh(suite, file, context);
  return parseIndex(await runTool("xz", ["-dc", file]));
}

async function isFresh(file: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const { mtimeMs } = await stat(file);
  return Date.now() - mtimeMs < freshFor;
}

/** An old index is better than none, for who works without a network. */
async function refresh(suite: string, file: string, context: BuildContext): Promise<void> {
  const failures: string[] = [];
  for (const mirror of context.mirrors ?? debianMirrors()) {
    const address = `${mirror}/dists/${suite}/main/binary-amd64/Packages.xz`;
    try {
      const content = await download(address);
      await mkdir(join(context.cacheDir, "indexes"), { recursive: true });
      const unfinished = `${file}.${String(process.pid)}`;
      await writeFile(unfinished, content);
      await rename(unfinished, file);
      return;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const reasons = failures.join("\n");
  if (!existsSync(file)) throw new Error(`download the index of ${suite}: no mirror\n${reasons}`);
  context.report(`the index of ${suite} could not be renewed: ${reasons}`);
}

/** Downloads and unpacks a package unless that was done before; returns the folder of its files. */
export async function unpackPackage(one: DebianPackage, context: BuildContext): Promise<string> {
  const name = basename(one.path, ".deb");
  const folder = join(context.cacheDir, "packages", `${name}-${one.sha256.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const archive = await fetchArchive(one, context);
  await mkdir(join(context.cacheDir, "packages"), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  await runTool("dpkg-deb", ["--extract", archive, unfinished]);
  await publish(unfinished, folder);
  return folder;
}

/** The content of a file, unpacked when its name ends in `.xz`. */
export async function readMaybeCompressed(file: string): Promise<Uint8Array> {
  if (!file.endsWith(".xz")) return await readFile(file);
  const plain = file.slice(0, -".xz".length);
  if (!existsSync(plain)) await runTool("xz", ["--decompress", "--keep", file]);
  return await readFile(plain);
}
