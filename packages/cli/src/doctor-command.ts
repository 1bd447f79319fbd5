import type { Command } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle doctor`: what of this machine keeps Heddle from working. */
export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("doctor")
    .summary("Check this machine: what is missing, and how to fix it.")
    .description(
      "Check what Heddle needs of this machine: what is missing, what that costs, and the exact fix. " +
        "Works without an agent. Exits with 0 unless a check fails.",
    );
  addOutputOption(command).action(async () => {
    const options = command.optsWithGlobals<GlobalOptions & OutputOptions>();
    const { examine } = await import("./doctor/examine.ts");
    const { thisMachine } = await import("./doctor/this-machine.ts");
    const { formatDiagnoses } = await import("./doctor/format-diagnoses.ts");
    const { painter } = await import("./paint.ts");
    const diagnoses = await examine(thisMachine(options));
    terminal.out(
      options.output === "json"
        ? jsonDocument(diagnoses)
        : formatDiagnoses(diagnoses, painter(terminal)),
    );
    if (diagnoses.some(({ level }) => level === "fail")) terminal.exitCode = 1;
  });
}
