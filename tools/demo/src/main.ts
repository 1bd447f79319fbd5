// Brings up a lab from examples/demo, lets everybody reach everybody, and takes it down.
//
//   npm run demo [-- --keep --nodes N --family dual|ipv4|ipv6]
//
// Exits with 0 when every pair was reached in every round.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { toError } from "@heddle/contracts";
import { labDown, labNames, parseFamilies } from "@heddle/lab";
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
const name = "demo";
const repository = new URL("../../../", import.meta.url);
const pathOf = (relative: string) => fileURLToPath(new URL(relative, repository));

process.once("SIGINT", () => void takeDown().finally(() => process.exit(130)));
try {
  await takeDown();
  const succeeded = await runDemo(
    {
      name,
      nodes: Number(values.nodes),
      families: parseFamilies(values.family),
      manifests: pathOf("examples/demo"),
      heddle: [process.execPath, pathOf("packages/cli/bin/heddle.js")],
      keep: values.keep,
    },
    createScreen(process.stdout),
    createStyle(process.stdout.isTTY && process.stdout.hasColors()),
  );
  process.exitCode = succeeded ? 0 : 1;
} catch (error) {
  console.error(`demo: ${toError(error).message}`);
  process.exitCode = 1;
}

/** A demo that was interrupted or kept makes room for the next one. */
async function takeDown(): Promise<void> {
  if (labNames().includes(name)) await labDown(name);
}
