// Runs the kernel tests in Debian's kernels, each in an emulated machine.
//
//   node tools/kernels/src/main.ts [KERNEL...] [--files TEXT]...
//
// Without names it runs them all, and writes docs/reference/kernels.md. With `--files` only the test files are run whose
// paths contain one of the texts, and nothing is written.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTool } from "@heddle-tools/addon";
import { type KernelChoice, kernelChoices } from "./choose-kernel.ts";
import { guestEntries } from "./guest-image.ts";
import { describeKernels } from "./reference-page.ts";
import { describeResults, failuresOf } from "./result-table.ts";
import { type KernelResult, type RunContext, runKernel } from "./run-kernel.ts";

const root = join(import.meta.dirname, "../../..");
const page = join(root, "docs/reference/kernels.md");
const stateDir = join(root, ".heddle");

/** No test may be slower than this in an emulated machine, in milliseconds. */
const testTimeout = 300_000;

/** An emulated machine is many times slower than the one that emulates it. */
const fuzzPackets = 20_000;

/** What compiles for the tests what they load, since the guest has no compiler. */
const compilers = ["packages/libbpf-napi/src/testing/compile-all.ts", "bpf/tests/compile-all.ts"];

/** What is run in a kernel of today. Before Linux 6.6 a whole cluster is added, with what such kernels have. */
const files =
  "packages/libbpf-napi packages/datapath packages/conntrack packages/ipv6-ndp packages/encap-geneve " +
  "packages/lab/src/impair/impair-programs bpf/tests";

/**
 * What the guest runs. One worker for all files, since it takes seconds to start another, and files as Node itself
 * reads them. Each example is a process, which takes seconds, too: they run in the newest kernel. What takes minutes and is not
 * about the kernel's own features runs in the newest and in the oldest one.
 */
const commandFor = (only: readonly string[]): string => `
export HEDDLE_TEST_TIMEOUT=${String(testTimeout)} HEDDLE_TEST_WORKERS=1 HEDDLE_FIXTURES=/fixtures
export HEDDLE_FUZZ_PACKETS=${String(fuzzPackets)}
export NODE_COMPILE_CACHE=/tmp/node
export NODE_OPTIONS='--conditions=heddle-source --import=/heddle/tools/kernels/src/guest/plain-modules.mjs'
examples='**/example.kernel.test.ts'
case "${only.length > 0 ? "some" : "$(uname -r)"}" in
some) set -- ${only.join(" ")} ;;
6.[0-5].*) set -- ${files} packages/lab/src/reduced-profile --exclude "$examples" ;;
6.*) set -- ${files} --exclude "$examples" --exclude '**/{datapath,ndp-responder}.kernel.test.ts' \\
  --exclude 'packages/conntrack/**' ;;
*) set -- ${files} ;;
esac
share=$(sed 's/.*heddle.share=//; s/ .*//' /proc/cmdline)
node node_modules/vitest/vitest.mjs run --shard "$share" \\
  --project kernel --no-isolate --experimental.viteModuleRunner=false \\
  --config tools/kernels/src/guest/vitest.config.ts "$@"
`;

function chosen(names: readonly string[]): readonly KernelChoice[] {
  const unknown = names.filter((name) => !kernelChoices.some((choice) => choice.name === name));
  if (unknown.length > 0) {
    const known = kernelChoices.map(({ name }) => name).join(", ");
    throw new Error(`unknown kernel ${unknown.join(", ")}; there are ${known}`);
  }
  return kernelChoices.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function prepare(only: readonly string[], signal: AbortSignal): Promise<RunContext> {
  const context = {
    cacheDir: join(stateDir, "cache"),
    report: (line: string): void => console.error(`kernels: ${line}`),
  };
  const outputDir = join(stateDir, "kernels");
  const fixtures = join(outputDir, "fixtures");
  rmSync(outputDir, { recursive: true, force: true });
  mkdirSync(fixtures, { recursive: true });
  for (const compiler of compilers) {
    await runTool(process.execPath, [join(root, compiler), fixtures]);
  }
  return {
    ...context,
    outputDir,
    signal,
    // One machine is enough for some files, and a share of them could be none.
    machines: only.length > 0 ? 1 : 2,
    guest: await guestEntries(root, fixtures, commandFor(only), context),
  };
}

/** One after the other, in the order given. */
async function runAll(
  choices: readonly KernelChoice[],
  context: RunContext,
): Promise<readonly KernelResult[]> {
  const results: KernelResult[] = [];
  for (const choice of choices) {
    if (context.signal.aborted) break;
    results.push(await runKernel(choice, context));
  }
  return results;
}

async function main(): Promise<void> {
  const { positionals: names, values } = parseArgs({
    allowPositionals: true,
    options: { files: { type: "string", multiple: true, default: [] } },
  });
  // The machines are given this machine's Node and its libraries.
  if (process.arch !== "x64")
    throw new Error(`kernels are run on x64 only, not on ${process.arch}`);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  try {
    for (const text of values.files) {
      if (!/^[\w./-]+$/.test(text)) throw new Error(`--files ${text} is no part of a path`);
    }
    const choices = chosen(names);
    const results = await runAll(choices, await prepare(values.files, stopping.signal));
    const failures = results.flatMap((result) =>
      failuresOf(result).map((failure) => `${result.name}: ${failure}`),
    );
    console.log(describeResults(results));
    for (const failure of failures) console.error(`\n${failure}`);
    if (failures.length > 0) {
      for (const { name, faults } of results) {
        for (const fault of faults) console.error(`\n${name}: the kernel says: ${fault}`);
      }
      process.exitCode = 1;
    }
    const isWhole = choices.length === kernelChoices.length && values.files.length === 0;
    if (stopping.signal.aborted || !isWhole) return;
    writeFileSync(page, describeKernels(results));
    await runTool("oxfmt", [page]);
  } finally {
    stopping.abort();
  }
}

try {
  await main();
} catch (error) {
  console.error(`kernels: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
