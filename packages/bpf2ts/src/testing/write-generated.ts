// Writes the generated files of the programs that tests use:
//
//   node packages/bpf2ts/src/testing/write-generated.ts
import { writeFiles } from "../generated-file.ts";
import { foreignPrograms, generateForeign } from "./foreign-object.ts";

for (const program of foreignPrograms) writeFiles(generateForeign(program));
