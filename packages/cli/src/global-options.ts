import { type Command, Option } from "commander";

/** What every command is told, wherever on the command line it stands. */
export interface GlobalOptions {
  /** The Unix socket of the agent's API. */
  readonly socket: string;
  /** The folder in the BPF file system with what outlives the agent. */
  readonly pinRoot: string;
}

/** Adds the options of {@link GlobalOptions} to the program. The defaults are the agent's own. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option("--socket <PATH>", "The agent's Unix socket.")
        .env("HEDDLE_SOCKET")
        .default("/run/heddle/agent.sock"),
    )
    .addOption(
      new Option("--pin-root <PATH>", "The folder of pinned programs and maps.")
        .env("HEDDLE_PIN_ROOT")
        .default("/sys/fs/bpf/heddle"),
    );
}
