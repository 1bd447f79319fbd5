// Given to every Node of the emulated machine by `--import`: the repository's modules have their types stripped already. Node
// strips types by WebAssembly, during which V8 13.6 crashes in about 1 of 100 processes on emulated processors.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const own = /^file:\/\/\/heddle\/(?!node_modules\/)[^?]*\.ts(\?|$)/;

registerHooks({
  load(url, context, nextLoad) {
    if (!own.test(url)) return nextLoad(url, context);
    const source = readFileSync(fileURLToPath(url), "utf8");
    return { format: "module", source, shortCircuit: true };
  },
});
