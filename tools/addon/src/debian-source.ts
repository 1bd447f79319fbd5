import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { debianMirrors } from "./debian-mirrors.ts";
import { download, sha256 } from "./download.ts";
import { runTool } from "./run-tool.ts";
import type { Target } from "./target.ts";

/** An upstream source archive as Debian keeps it, pinned by its digest. */
export interface DebianSource {
  readonly name: string;
  readonly version: string;
  /** Its path in the archive: `pool/main/z/zlib/...`. */
  readonly path: string;
  /** Of the archive file, 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface BuildContext {
  /** Where downloads and results are kept between builds. */
  readonly cacheDir: string;
  /** What is compiled for. @defaultValue {@link hostTarget} */
  readonly target?: Target;
  /** Called with one line per step. */
  readonly report: (line: string) => void;
  /**
   * Base addresses of Debian archives, tried in order.
   * @defaultValue the machine's own mirror, then deb.debian.org
   */
  readonly mirrors?: readonly string[];
}

/** Downloads and unpacks the archive unless that was done before; returns the folder of its content. */
export async function unpackSource(source: DebianSource, context: BuildContext): Promise<string> {
  const folder = join(
    context.cacheDir,
    "sources",
    `${source.name}-${source.version}-${source.sha256.slice(0, 12)}`,
  );
  if (existsSync(folder)) return folder;
  const archive = await fetchArchive(source, context);
  context.report(`unpack ${source.name} ${source.version}`);
  const unfinished = await mkdtemp(`${folder}.`);
  await runTool("tar", [
    "-xf",
    archive,
    "-C",
    unfinished,
    "--strip-components=1",
    "--no-same-owner",
  ]);
  await publish(unfinished, folder);
  return folder;
}

/**
 * Moves a finished folder to its final name. When another build was faster, its result is as good:
 * the name stands for the content.
 */
export async function publish(unfinished: string, folder: string): Promise<void> {
  try {
    await chmod(unfinished, 0o755); // `mkdtemp` lets in nobody else.
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Downloads a file of the archive into the cache unless it is there; returns its path. */
export async function fetchArchive(source: DebianSource, context: BuildContext): Promise<string> {
  const target = join(context.cacheDir, "sources", basename(source.path));
  if (existsSync(target) && sha256(await readFile(target)) === source.sha256) return target;
  const content = await fetchVerified(source, context);
  await mkdir(join(context.cacheDir, "sources"), { recursive: true });
  const unfinished = `${target}.${String(process.pid)}`;
  await writeFile(unfinished, content);
  await rename(unfinished, target);
  return target;
}

/** From the first mirror that serves the file with the right digest. */
async function fetchVerified(source: DebianSource, context: BuildContext): Promise<Buffer> {
  const failures: string[] = [];
  for (const mirror of context.mirrors ?? debianMirrors()) {
    const address = `${mirror}/${source.path}`;
    context.report(`download ${source.name} ${source.version} from ${address}`);
    try {
      const content = await download(address);
      const digest = sha256(content);
      if (digest === source.sha256) return content;
      failures.push(
        `${address}: its SHA-256 is ${digest}, expected ${source.sha256}; the mirror or a proxy altered the file`,
      );
    } catch (error) {
      failures.push(error instanceof Error ? `${address}: ${error.message}` : String(error));
    }
    context.report(`failed: ${failures.at(-1) ?? ""}`);
  }
  throw new Error(
    `download ${source.name} ${source.version}: no mirror served it\n${failures.join("\n")}\n` +
      `To go on without a network, put ${basename(source.path)} into ${join(context.cacheDir, "sources")}.`,
  );
}
