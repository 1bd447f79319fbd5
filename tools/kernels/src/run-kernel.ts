import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildContext } from "@heddle-tools/addon";
import { boot, lastWords, type Machine } from "./boot.ts";
import {
  findKernel,
  type KernelChoice,
  type KernelPackages,
  newestKernel,
} from "./choose-kernel.ts";
import type { GuestEntry } from "./cpio.ts";
import { suiteIndex, unpackPackage } from "./debian-packages.ts";
import { configEntries, kernelImage, moduleEntries, writeImage } from "./guest-image.ts";
import { faultsIn } from "./faults.ts";
import { type GuestRecord, parseRecords } from "./records.ts";

/** What came of the tests in a kernel. */
export interface KernelResult {
  readonly name: string;
  readonly kernel: KernelPackages;
  readonly records: readonly GuestRecord[];
  /** Why the tests did not come to their end; empty when they did. */
  readonly failure: string;
  /** What the kernel said of processes that it ended. */
  readonly faults: readonly string[];
}

export interface RunContext extends BuildContext {
  /** Gets a folder per kernel, with what the machine wrote. */
  readonly outputDir: string;
  /** The guest's file system apart from the kernel's modules. */
  readonly guest: readonly GuestEntry[];
  /** How many machines share the test files of a kernel. Each has two processors, but mostly keeps one of them busy. */
  readonly machines: number;
  /** Ends the machines. */
  readonly signal: AbortSignal;
}

/** How long a machine may run, in milliseconds; an idle computer with two processors needs a third of it. */
const timeout = 20 * 60_000;

/** Boots a kernel and runs the tests in it. */
export async function runKernel(choice: KernelChoice, context: RunContext): Promise<KernelResult> {
  const { machines } = context;
  const kernel = await chooseKernel(choice, context);
  const folders: string[] = [];
  for (const one of kernel.packages) folders.push(await unpackPackage(one, context));
  const folder = join(context.outputDir, choice.name);
  const initrd = join(folder, "initrd.cpio");
  mkdirSync(folder, { recursive: true });
  const ofKernel = [...(await moduleEntries(folders)), ...configEntries(folders)];
  writeImage(initrd, [...ofKernel, ...context.guest]);
  context.report(`${choice.name}: booting ${kernel.version} of ${kernel.suite}`);
  const image = { kernel: kernelImage(folders), initrd };
  const runs = await Promise.all(
    Array.from({ length: machines }, (_, index) => {
      const share = `${String(index + 1)}/${String(machines)}`;
      const name = `${choice.name}, ${share}`;
      return runMachine({ ...image, share, ...prepareFolder(folder, index + 1) }, name, context);
    }),
  );
  rmSync(initrd);
  return {
    name: choice.name,
    kernel,
    records: runs.flatMap(({ records }) => records),
    failure: runs.flatMap(({ failure }) => (failure === "" ? [] : [failure])).join("\n"),
    faults: runs.flatMap(({ faults }) => faults),
  };
}

async function runMachine(
  machine: Omit<Machine, "timeout" | "signal">,
  name: string,
  { signal, report }: RunContext,
): Promise<Pick<KernelResult, "records" | "failure" | "faults">> {
  const started = Date.now();
  const end = await boot({ ...machine, timeout, signal });
  const seconds = Math.round((Date.now() - started) / 1000);
  report(`${name}: ${end} after ${String(seconds)} s`);
  const records = parseRecords(readFileSync(machine.results, "utf8"));
  const complete = end === "switched off" && records.at(-1)?.type === "end";
  const failure = complete
    ? ""
    : `the machine ${end}; last on its console:\n${lastWords(machine.console)}`;
  return { records, failure, faults: faultsIn(readFileSync(machine.console, "utf8")) };
}

async function chooseKernel(choice: KernelChoice, context: BuildContext): Promise<KernelPackages> {
  const found: KernelPackages[] = [];
  for (const suite of choice.suites) {
    const kernel = findKernel(suite, await suiteIndex(suite, context));
    if (kernel !== undefined) found.push(kernel);
  }
  const newest = newestKernel(found);
  if (newest === undefined) throw new Error(`no kernel in ${choice.suites.join(", ")}`);
  return newest;
}

function prepareFolder(folder: string, machine: number) {
  const [console, results] = [`console-${String(machine)}.log`, `results-${String(machine)}.jsonl`];
  const files = { console: join(folder, console), results: join(folder, results) };
  for (const file of Object.values(files)) writeFileSync(file, "");
  return files;
}
