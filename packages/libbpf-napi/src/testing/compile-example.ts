import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledBefore, headers } from "./compile-fixture.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));

/** The folder of all examples' objects, on machines without a compiler. */
export const compiledExamples: string | undefined =
  compiledBefore === undefined ? undefined : join(compiledBefore, "examples");

/** Every example: a folder with a program for each side. */
export const exampleNames: readonly string[] = globSync("*/main.ts", { cwd: examples })
  .map((file) => basename(dirname(file)))
  .toSorted();

export function exampleFile(name: string, file: string): string {
  return join(examples, name, file);
}

/** Compiles an example into a folder by the command that its own comment gives. */
export function compileExample(name: string, folder: string): void {
  const command = commandOf(name, "clang");
  copyFileSync(exampleFile(name, `${name}.bpf.c`), join(folder, `${name}.bpf.c`));
  execFileSync("bash", ["-c", command.replace(/^clang/, "clang-19 -Wall -Werror")], {
    cwd: folder,
    // Where a user has installed libbpf's headers.
    env: { ...process.env, C_INCLUDE_PATH: `${headers}:${join(headers, "uapi")}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** A command that an example's comment tells the user to type. */
export function commandOf(name: string, program: string): string {
  const text = readFileSync(exampleFile(name, "main.ts"), "utf8");
  const command = new RegExp(`^ \\* (${program} .*)$`, "m").exec(text)?.[1];
  if (command === undefined) throw new Error(`example ${name} does not say how to use ${program}`);
  return process.arch === "arm64" ? command.replace("_ARCH_x86", "_ARCH_arm64") : command;
}
