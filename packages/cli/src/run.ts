import { CodedError, toError } from "@heddle/contracts";
import { Command, CommanderError, type Help } from "commander";
import { addAgentCommand } from "./agent-command.ts";
import { addBpfCommand } from "./bpf-command.ts";
import { addConntrackCommand } from "./conntrack-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addEndpointsCommand } from "./endpoints-command.ts";
import { addGlobalOptions } from "./global-options.ts";
import { addLabCommand } from "./lab-command.ts";
import { addObserveCommand } from "./observe-command.ts";
import { ownVersion } from "./own-version.ts";
import { addStatusCommand } from "./status-command.ts";
import { addTableCommand } from "./table-command.ts";
import type { Terminal } from "./terminal.ts";

/** Runs `heddle` with what stands behind its name on the command line, and gives the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(withHelp(args), { from: "user" });
    return terminal.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`heddle: ${toError(error).message}`);
    return error instanceof CodedError && isOfCommandLine(error) ? 2 : 1;
  }
}

/** Whether the command line made no sense, as its values show only where they are used. */
function isOfCommandLine({ code }: CodedError): boolean {
  return code === "bad-option" || code === "invalid-filter";
}

function createProgram(terminal: Terminal): Command {
  const program = new Command("heddle")
    .description("A composable eBPF dataplane for Kubernetes.")
    .version(ownVersion(), "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Describe the command.")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("(--help describes the command)")
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions, minWidthToWrap: 30 })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, "heddle: ")),
    });
  addGlobalOptions(program);
  addAgentCommand(program, terminal);
  addStatusCommand(program, terminal);
  addEndpointsCommand(program, terminal);
  addObserveCommand(program, terminal);
  addTableCommand(program, terminal);
  addConntrackCommand(program, terminal);
  addBpfCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addLabCommand(program, terminal);
  for (const command of program.commands) command.helpCommand(false);
  return program;
}

/** `heddle help bpf dump` is `heddle bpf dump --help`. */
function withHelp(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  return first === "help" ? [...rest, "--help"] : args;
}

/** What a command describes itself is not described again. */
function visibleGlobalOptions(command: Command): ReturnType<Help["visibleGlobalOptions"]> {
  const own = new Set(command.options.map(({ long }) => long));
  const program = command.parent?.parent ?? command.parent;
  return (program?.options ?? []).filter(({ long }) => long !== "--version" && !own.has(long));
}
