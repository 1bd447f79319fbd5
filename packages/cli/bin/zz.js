#!/usr/bin/env node
// In a clone of the repository the command runs from source: packages are then resolved to `src`, and
// Node strips the types itself. An installed package has no `tsconfig.build.json` and runs from `dist`.
import { existsSync } from "node:fs";
// By its default export: an older Node would otherwise end with a syntax error instead of a sentence.
import module from "node:module";

const isClone = false;
const needed = isClone ? "22.18" : "22.12";

if (isOlder(process.versions.node, needed)) {
  process.stderr.write(`heddle: Node ${needed} or newer is needed; this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  if (isClone) {
    module.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, "heddle-source"] }),
    });
  }
  await import(isClone ? "../src/main.ts" : "../dist/main.js");
}

/** Compares major and minor versions. */
function isOlder(version, than) {
  const [[major, minor], [leastMajor, leastMinor]] = [version, than].map((text) =>
    text.split(".").map(Number),
  );
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
