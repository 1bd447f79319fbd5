// Brings up a lab from examples/demo, lets everybody reach everybody, and takes it down.
//
//   npm run demo [-- --keep --nodes N --family dual|ipv4|ipv6]
//
// Exits with 0 when every pair was reached in every round.
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { toError } from "@heddle/contracts";
import { labNames, parseFamilies } from "@heddle/lab";
import { chooseName } from "./choose-name.ts";
import { createStyle } from "./draw.ts";
import { runDemo } from "./run-demo.ts";
import { createScreen } from "./screen.ts";

const { values } = parseArgs({
  options: {
    keep: { type: "boolean", default: false },
    nodes: { type: "string", default: "2" },
    family: { type: "string", default: "dual" },
  },
});
const repository = new URL("../../../", import.meta.url);
const pathOf = (relative: string) => fileURLToPath(new URL(relative, repository));

const stop = new AbortController();
let exitCode = 1;
// From now on these only say that it is over, so that what was brought up is taken down first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    exitCode = 128 + constants.signals[signal];
    stop.abort(new Error(`ended by ${signal}`));
  });
}
process.stdout.on("error", () => stop.abort(new Error("nobody reads what it shows")));
process.stderr.on("error", () => undefined);

try {
  const succeeded = await runDemo(
    {
      name: chooseName(values.keep, labNames()),
      nodes: Number(values.nodes),
      families: parseFamilies(values.family),
      manifests: pathOf("examples/demo"),
      heddle: [process.execPath, pathOf("packages/cli/bin/heddle.js")],
      keep: values.keep,
      stop: stop.signal,
    },
    createScreen(process.stdout),
    createStyle(process.stdout.isTTY && process.stdout.hasColors()),
  );
  if (succeeded) exitCode = 0;
} catch (error) {
  console.error(`demo: ${toError(error).message}`);
}
process.exitCode = exitCode;
