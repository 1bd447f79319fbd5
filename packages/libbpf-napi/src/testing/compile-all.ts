// Compiles every fixture and every example into the folder that is named: node compile-all.ts FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { compileProgramInto } from "./compile-c.ts";
import { compileExample, exampleNames } from "./compile-example.ts";
import { compileAll } from "./compile-fixture.ts";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("which folder?");
compileAll(folder);
for (const name of ["watched", "netkit-pair"]) compileProgramInto(folder, name);
const examples = join(folder, "examples");
mkdirSync(examples);
for (const name of exampleNames) compileExample(name, examples);
