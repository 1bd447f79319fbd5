import { execFileSync } from "node:child_process";

/** The C compiler: `$CC`, or `gcc`. */
export function compiler(): string {
  return process.env["CC"] ?? "gcc";
}

/** What tells two compilers apart whose output may differ. */
export function compilerVersion(): string {
  try {
    return execFileSync(compiler(), ["--version"], { encoding: "utf8" });
  } catch (error) {
    throw new Error(
      `no C compiler: "${compiler()}" does not run; on Debian: apt-get install gcc libc6-dev`,
      { cause: error },
    );
  }
}
