import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildContext, publish, unpackSource } from "@heddle-tools/addon";
import { libbpfSource } from "./libraries.ts";

/** What libbpf itself installs. */
const libbpfHeaders = (
  "bpf.h bpf_core_read.h bpf_endian.h bpf_helper_defs.h bpf_helpers.h bpf_tracing.h btf.h libbpf.h " +
  "libbpf_common.h libbpf_legacy.h libbpf_version.h skel_internal.h usdt.bpf.h"
).split(" ");

/** The kernel's interface as libbpf knows it; the rest of `linux/` is the machine's own. */
const kernelHeaders = ["bpf.h", "bpf_common.h", "btf.h"];

/**
 * Lays out libbpf's headers for whoever compiles against them and returns the folder:
 * `bpf/*.h` for `-I libbpf-headers`, and `linux/bpf.h` for `-I libbpf-headers/uapi`.
 */
export async function layOutHeaders(context: BuildContext): Promise<string> {
  const target = join(context.cacheDir, "libbpf-headers");
  const stamp = join(target, "source.sha256");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === libbpfSource.sha256) return target;
  const top = await unpackSource(libbpfSource, context);
  context.report(`lay out the headers of libbpf ${libbpfSource.version} in ${target}`);
  const unfinished = await mkdtemp(`${target}.`);
  await copyHeaders(join(top, "src"), join(unfinished, "bpf"), libbpfHeaders);
  await copyHeaders(join(top, "include/uapi/linux"), join(unfinished, "uapi/linux"), kernelHeaders);
  await writeFile(join(unfinished, "source.sha256"), libbpfSource.sha256);
  await rm(target, { recursive: true, force: true });
  await publish(unfinished, target);
  return target;
}

async function copyHeaders(from: string, to: string, names: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  await Promise.all(names.map((name) => copyFile(join(from, name), join(to, name))));
}
