import { readFile, stat } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";

/** Where libbpf looks for the kernel's configuration, and where newer distributions keep it instead. */
export const kernelConfigPlaces =
  "/boot/config-RELEASE, /proc/config.gz and /usr/lib/modules/RELEASE/config";

/** Whether libbpf finds the running kernel's configuration by itself, in `root` instead of `/`. */
export async function isConfigFound(root: string): Promise<boolean> {
  const own = [`boot/config-${release()}`, "proc/config.gz"];
  return (await Promise.all(own.map((path) => exists(join(root, path))))).includes(true);
}

/**
 * The running kernel's configuration where libbpf does not look: Debian's packages from Linux 6.19 on,
 * and others, have it beside the modules only.
 */
export async function kernelConfigElsewhere(root: string): Promise<string | undefined> {
  return await readFile(join(root, "usr/lib/modules", release(), "config"), "utf8").catch(
    () => undefined,
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
