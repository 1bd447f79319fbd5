import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildContext } from "@heddle-tools/addon";
import { boot, lastWords } from "./boot.ts";
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
  readonly seconds: number;
}

export interface RunContext extends BuildContext {
  /** Gets a folder per kernel, with what the machine wrote. */
  readonly outputDir: string;
  /** The guest's file system apart from the kernel's modules. */
  readonly guest: readonly GuestEntry[];
  /** Ends the machines. */
  readonly signal: AbortSignal;
}

/** How long a machine may run, in milliseconds; an idle computer with two processors needs a fifth of it. */
const timeout = 20 * 60_000;

/** Boots a kernel and runs the tests in it. */
export async function runKernel(choice: KernelChoice, context: RunContext): Promise<KernelResult> {
  const kernel = await chooseKernel(choice, context);
  const folders: string[] = [];
  for (const one of kernel.packages) folders.push(await unpackPackage(one, context));
  const folder = join(context.outputDir, choice.name);
  const files = prepareFolder(folder);
  const ofKernel = [...(await moduleEntries(folders)), ...configEntries(folders)];
  writeImage(files.initrd, [...ofKernel, ...context.guest]);
  context.report(`${choice.name}: booting ${kernel.version} of ${kernel.suite}`);
  const started = Date.now();
  const image = kernelImage(folders);
  const end = await boot({ kernel: image, ...files, timeout, signal: context.signal });
  rmSync(files.initrd);
  const seconds = Math.round((Date.now() - started) / 1000);
  context.report(`${choice.name}: ${end} after ${String(seconds)} s`);
  const records = parseRecords(readFileSync(files.results, "utf8"));
  const complete = end === "switched off" && records.at(-1)?.type === "end";
  const failure = complete
    ? ""
    : `the machine ${end}; last on its console:\n${lastWords(files.console)}`;
  const faults = faultsIn(readFileSync(files.console, "utf8"));
  return { name: choice.name, kernel, records, failure, faults, seconds };
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

function prepareFolder(folder: string) {
  mkdirSync(folder, { recursive: true });
  const [console, results] = [join(folder, "console.log"), join(folder, "results.jsonl")];
  for (const file of [console, results]) writeFileSync(file, "");
  return { initrd: join(folder, "initrd.cpio"), console, results };
}
