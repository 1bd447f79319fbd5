import { describeResults } from "./result-table.ts";
import type { KernelResult } from "./run-kernel.ts";

/** The page docs/reference/kernels.md. */
export function describeKernels(results: readonly KernelResult[]): string {
  return `# Kernels

What works in which kernel, as \`npm run test:kernels\` found it: it boots kernels of Debian in emulated machines
and runs in each the kernel tests of libbpf-napi, of the programs, and of the packages that load some. A test is skipped only where the kernel lacks a
feature, which it names; in a kernel that is new enough for the feature, lacking it is a failure.

${describeResults(results)}
`;
}
