import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Target } from "./target.ts";

/** What tells two compilers apart whose output may differ. */
export function compilerVersion({ compiler, debian }: Target): string {
  try {
    return execFileSync(compiler, ["--version"], { encoding: "utf8" });
  } catch (error) {
    throw new Error(
      `no C compiler: "${compiler}" does not run; on Debian: apt-get install ${debian.join(" ")}`,
      { cause: error },
    );
  }
}

/** Keeps the versions of glibc's functions that old systems have too. */
export const glibcFloor: string = fileURLToPath(
  new URL("../native/glibc-floor.h", import.meta.url),
);

/** The arguments that every file is compiled with for the target; what they need is laid out in `cacheDir`. */
export function targetFlags({ lacksKernelHeaders }: Target, cacheDir: string): readonly string[] {
  const flags = ["-include", glibcFloor];
  return lacksKernelHeaders ? [...flags, "-isystem", layOutKernelHeaders(cacheDir)] : flags;
}

/** Where Debian has the kernel's headers, those of the machine's own architecture among them. */
const kernelHeaders: Readonly<Record<string, readonly string[]>> = {
  linux: ["/usr/include/linux"],
  "asm-generic": ["/usr/include/asm-generic"],
  asm: ["/usr/include/x86_64-linux-gnu/asm", "/usr/include/aarch64-linux-gnu/asm"],
};

/** A folder with the kernel's headers and none of the C library's. */
function layOutKernelHeaders(cacheDir: string): string {
  const folder = join(cacheDir, "kernel-headers");
  mkdirSync(folder, { recursive: true });
  for (const [name, places] of Object.entries(kernelHeaders)) {
    const place = places.find((path) => existsSync(path));
    if (place === undefined) {
      throw new Error(`no ${name}/*.h; on Debian: apt-get install linux-libc-dev`);
    }
    const link = join(folder, name);
    if (!existsSync(link)) symlinkSync(place, link);
  }
  return folder;
}
