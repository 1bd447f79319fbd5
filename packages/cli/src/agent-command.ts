import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** `heddle agent`: runs the node agent in the foreground. */
export function addAgentCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("agent")
    .summary("Run the node agent.")
    .description("Run the node agent in the foreground. SIGTERM stops it; what it attached stays.")
    .option("--config <FILE>", "YAML file with the options below by name, such as `nodeName: n1`");
  // Describing the options takes time; only those who ask for this command wait for it.
  program.hook("preSubcommand", async (_, subcommand) => {
    if (subcommand !== command) return;
    keepYoungGenerationSmall();
    await addAgentOptions(command);
  });
  command.action(async () => {
    const { ConfigError, readConfig, runAgent } = await import("@heddle/agent");
    const { config: file } = command.opts<{ readonly config?: string }>();
    try {
      await runAgent(readConfig(givenFlags(command), file));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      terminal.err(`heddle: ${error.message}`);
      terminal.exitCode = 2;
    }
  });
}

/**
 * The part of the heap where objects begin grows to some 30 MB while an agent starts, and V8 gives nothing of it back to
 * one that is idle afterwards. Collecting it more often costs little of the start. `--max-semi-space-size` would
 * do as well, but has no effect in a running process.
 */
function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

async function addAgentOptions(command: Command): Promise<void> {
  const { agentOptions, flagOf } = await import("@heddle/agent/options");
  for (const [name, { placeholder, doc, shownDefault }] of Object.entries(agentOptions)) {
    command.option(`${flagOf(name)} <${placeholder}>`, `${doc} (default: ${shownDefault})`);
  }
}

/** The options that were given on the command line or in the environment, by name. */
function givenFlags(command: Command): Readonly<Record<string, string>> {
  const values = command.optsWithGlobals<Readonly<Record<string, string>>>();
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      const source = command.getOptionValueSourceWithGlobals(name);
      return name !== "config" && (source === "cli" || source === "env");
    }),
  );
}
