// Runs the kernel tests in Debian's kernels, each in an emulated machine.
//
//   node tools/kernels/src/main.ts [KERNEL...]
//
// Without names it runs them all, and writes docs/reference/kernels.md.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

/**
 * What the guest runs. One worker for all files, since it takes seconds to start another, and files as Node itself
 * reads them. Before Linux 6.6 also a whole cluster, with what such kernels have. Each example is a process, which takes
 * seconds, too: they run in the newest kernel. Two files that take minutes run in the newest and in the oldest one.
 */
const command = `
export HEDDLE_TEST_TIMEOUT=${String(testTimeout)} HEDDLE_TEST_WORKERS=1 HEDDLE_FIXTURES=/fixtures
export HEDDLE_FUZZ_PACKETS=${String(fuzzPackets)}
export NODE_COMPILE_CACHE=/tmp/node
export NODE_OPTIONS='--conditions=heddle-source --import=/heddle/tools/kernels/src/guest/plain-modules.mjs'
examples='**/example.kernel.test.ts'
case "$(uname -r)" in
6.[0-5].*) set -- packages/lab/src/reduced-profile --exclude "$examples" ;;
6.*) set -- --exclude "$examples" --exclude '**/{datapath,ndp-responder}.kernel.test.ts' ;;
esac
share=$(sed 's/.*heddle.share=//; s/ .*//' /proc/cmdline)
node node_modules/vitest/vitest.mjs run --shard "$share" \\
  --project kernel --no-isolate --experimental.viteModuleRunner=false \\
  --config tools/kernels/src/guest/vitest.config.ts packages/libbpf-napi packages/datapath packages/ipv6-ndp \\
  packages/encap-geneve packages/lab/src/impair/impair-programs bpf/tests "$@"
`;

function chosen(names: readonly string[]): readonly KernelChoice[] {
  const unknown = names.filter((name) => !kernelChoices.some((choice) => choice.name === name));
  if (unknown.length > 0) {
    const known = kernelChoices.map(({ name }) => name).join(", ");
    throw new Error(`unknown kernel ${unknown.join(", ")}; there are ${known}`);
  }
  return kernelChoices.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function prepare(signal: AbortSignal): Promise<RunContext> {
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
    guest: await guestEntries(root, fixtures, command, context),
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

async function main(names: readonly string[]): Promise<void> {
  // The machines are given this machine's Node and its libraries.
  if (process.arch !== "x64")
    throw new Error(`kernels are run on x64 only, not on ${process.arch}`);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  try {
    const choices = chosen(names);
    const results = await runAll(choices, await prepare(stopping.signal));
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
    if (stopping.signal.aborted || choices.length < kernelChoices.length) return;
    writeFileSync(page, describeKernels(results));
    await runTool("oxfmt", [page]);
  } finally {
    stopping.abort();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`kernels: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
