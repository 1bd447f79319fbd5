import { readFile, stat } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";

/** Where libbpf looks for the kernel's configuration, and where newer distributions keep it instead. */
export const kernelConfigPlaces =
  "/boot/config-RELEASE, /proc/config.gz and /usr/lib/modules/RELEASE/config";

/**
 * The running kernel's configuration, where libbpf does not find it by itself: Debian's packages from
 * Linux 6.19 on, and others, have it beside the modules only.
 *
 * @param root folder to look in instead of `/`
 */
export async function kernelConfigElsewhere(root = "/"): Promise<string | undefined> {
  const own = [`boot/config-${release()}`, "proc/config.gz"].map((path) =>
    exists(join(root, path)),
  );
  if ((await Promise.all(own)).includes(true)) return undefined;
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
