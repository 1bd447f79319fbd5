import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bpf2tsConfig } from "../config.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** What bpf_helpers.h and linux/types.h define, as far as the fixtures need it. */
const prelude = `
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __le32;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) val *name
#include "${root}bpf/include/export.h"
`;

/** A folder with compiled objects and their sources; removed when disposed. */
export interface Fixture extends Disposable {
  readonly folder: string;
  /** A configuration over the objects, which the package `datapath` owns. */
  config(overrides?: Partial<Bpf2tsConfig>): Bpf2tsConfig;
}

/**
 * Compiles C sources, by the names of their objects. The folder is inside the repository, so that code
 * generated into it finds the workspace's packages.
 */
export function compileFixture(sources: Readonly<Record<string, string>>): Fixture {
  const parent = join(root, ".heddle", "tmp");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "hdt-bpf2ts-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const [name, source] of Object.entries(sources)) compile(folder, name, source);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    folder,
    config: (overrides = {}) => ({
      command: "npm run bpf2ts",
      objects: Object.keys(sources).map((name) => ({
        file: join(folder, `${name}.bpf.o`),
        owner: "datapath",
      })),
      sources: [folder],
      outputs: { datapath: join(folder, "datapath.ts") },
      domainTypes: {},
      ...overrides,
    }),
    [Symbol.dispose]: remove,
  };
}

function compile(folder: string, name: string, source: string): void {
  const [file, object] = [join(folder, `${name}.bpf.c`), join(folder, `${name}.bpf.o`)];
  writeFileSync(file, `${prelude}\n${source}\n`);
  execFileSync("clang-19", ["-g", "-O2", "-target", "bpf", "-c", file, "-o", object]);
}

/** Compiles and runs a C program on this machine, with the same prelude, and returns what it prints. */
export function runC(folder: string, source: string): string {
  const [file, program] = [join(folder, "host.c"), join(folder, "host")];
  writeFileSync(file, `#include <stdio.h>\n${prelude}\n${source}\n`);
  execFileSync("clang-19", ["-Wno-unused", file, "-o", program]);
  return execFileSync(program, { encoding: "utf8" });
}
