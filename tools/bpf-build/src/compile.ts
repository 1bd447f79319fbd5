import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** The compiler; its BPF backend decides what the verifier sees, so it is pinned to a major version. */
const compiler = "clang-19";

/** Debian keeps `asm/` headers by machine; programs use nothing that differs between machines. */
const machines: Readonly<Record<string, string>> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
};

const flags = "-g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Werror".split(" ");

/** Compiles one C source for the BPF machine, with BTF, and returns the object's path. */
export function compile(source: string, object: string, root: string): string {
  const headers = join(root, ".heddle", "cache", "libbpf-headers");
  const folders = [
    `-I${headers}`,
    `-I${join(headers, "uapi")}`,
    `-idirafter/usr/include/${machines[process.arch] ?? process.arch}`,
    // Line information names files as the repository does, wherever it was cloned to.
    `-ffile-prefix-map=${root}=.`,
  ];
  execFileSync(compiler, [...flags, ...folders, "-c", source, "-o", object], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return object;
}
