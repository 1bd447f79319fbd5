// Compiles every fixture into the folder that is named: node compile-all.ts FOLDER
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { compileInto } from "./compile-fixture.ts";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("which folder?");
const fixtures = join(import.meta.dirname, "fixtures");
for (const file of globSync("*.bpf.c", { cwd: fixtures })) {
  compileInto(folder, basename(file, ".bpf.c"));
}
