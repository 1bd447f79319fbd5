import type { Command } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle bpf`: what is in the kernel, whether or not an agent runs. */
export function addBpfCommand(program: Command, terminal: Terminal): void {
  const bpf = program
    .command("bpf")
    .summary("Look at the pinned programs and maps.")
    .description(
      "Look at the programs and maps that are pinned, and at what the kernel offers, whether or not an agent runs.",
    );
  addMaps(bpf, terminal);
  addPrograms(bpf, terminal);
  addDump(bpf, terminal);
  addFeatures(bpf, terminal);
}

type BpfOptions = GlobalOptions & OutputOptions;

function addMaps(bpf: Command, terminal: Terminal): void {
  const command = bpf.command("maps").description("List the pinned maps.");
  addOutputOption(command).action(async () => {
    const { pinRoot, output } = command.optsWithGlobals<BpfOptions>();
    const { openPins } = await import("./bpf/pin-root.ts");
    const { formatMaps, listMaps } = await import("./bpf/list-maps.ts");
    const maps = await listMaps(openPins(pinRoot));
    terminal.out(output === "json" ? jsonDocument(maps) : formatMaps(maps));
  });
}

function addPrograms(bpf: Command, terminal: Terminal): void {
  const command = bpf
    .command("progs")
    .description("List the attached programs.")
    .addHelpText(
      "after",
      "\nHow often programs run is counted after `sysctl kernel.bpf_stats_enabled=1`.",
    );
  addOutputOption(command).action(async () => {
    const { pinRoot, output } = command.optsWithGlobals<BpfOptions>();
    const { openPins } = await import("./bpf/pin-root.ts");
    const { formatPrograms, listPrograms } = await import("./bpf/list-programs.ts");
    const programs = await listPrograms(openPins(pinRoot));
    terminal.out(output === "json" ? jsonDocument(programs) : formatPrograms(programs));
  });
}

interface DumpOptions extends BpfOptions {
  readonly perCpu?: true;
  readonly all?: true;
}

function addDump(bpf: Command, terminal: Terminal): void {
  const command = bpf
    .command("dump")
    .argument("<MAP>", "its name, as `heddle bpf maps` lists it")
    .description("Show what is in a map.")
    .option("--per-cpu", "Show what each CPU holds, instead of the sum.")
    .option("--all", "Show entries of arrays too that are all zeros.");
  addOutputOption(command).action(async (map: string) => {
    const { pinRoot, output, perCpu, all } = command.optsWithGlobals<DumpOptions>();
    const { openPins } = await import("./bpf/pin-root.ts");
    const { readEntries } = await import("./bpf/read-entries.ts");
    const { formatEntries } = await import("./bpf/format-entries.ts");
    const options = { perCpu: perCpu === true, all: all === true };
    const { entries, zeros, consistent } = await readEntries(openPins(pinRoot), map, options);
    terminal.out(output === "json" ? jsonDocument(entries) : formatEntries(entries));
    if (zeros > 0) terminal.err(`heddle: ${String(zeros)} entries are all zeros; --all shows them`);
    if (!consistent) terminal.err("heddle: the map changed meanwhile; entries may be missing");
  });
}

interface FeaturesOptions extends OutputOptions {
  readonly helpers?: string;
}

function addFeatures(bpf: Command, terminal: Terminal): void {
  const command = bpf
    .command("features")
    .description("List what this kernel offers: types of programs, maps, hooks and links.")
    .option("--helpers <TYPE>", "List the functions that programs of a type may call.");
  addOutputOption(command).action(async ({ helpers, output }: FeaturesOptions) => {
    const { formatFeatures, listFeatures, listHelpers } = await import("./bpf/list-features.ts");
    const features = await (helpers === undefined ? listFeatures() : listHelpers(helpers));
    terminal.out(output === "json" ? jsonDocument(features) : formatFeatures(features));
  });
}
