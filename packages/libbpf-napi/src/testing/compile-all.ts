// Compiles every fixture into the folder that is named: node compile-all.ts FOLDER
import { compileAll } from "./compile-fixture.ts";
import { compileWatched } from "./watched-process.ts";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("which folder?");
compileAll(folder);
compileWatched(folder);
