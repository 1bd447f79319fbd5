import type { Command } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle status`: how the agent of this node is. */
export function addStatusCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("status")
    .summary("Show how the agent of this node is.")
    .description(
      "Show how the agent of this node is, part by part. Exits with 0 when it is ready and nothing is degraded or failed.",
    );
  addOutputOption(command).action(async () => {
    const { socket, output } = command.optsWithGlobals<GlobalOptions & OutputOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    const { formatStatus, isWell, readStatus } = await import("./status.ts");
    const { painter } = await import("./paint.ts");
    const status = await readStatus(createAgentClient(socket));
    terminal.out(
      output === "json" ? jsonDocument(status) : formatStatus(status, painter(terminal)),
    );
    if (!isWell(status)) terminal.exitCode = 1;
  });
}
