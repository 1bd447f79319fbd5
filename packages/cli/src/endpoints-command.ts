import type { EndpointRow } from "@heddle/agent/client";
import type { Command } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle endpoints`: the pods of this node. */
export function addEndpointsCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("endpoints")
    .summary("List the pods of this node.")
    .description("List the pods of this node with their addresses, and why one is not connected.");
  addOutputOption(command).action(async () => {
    const { socket, output } = command.optsWithGlobals<GlobalOptions & OutputOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    const endpoints = await createAgentClient(socket).endpoints();
    terminal.out(output === "json" ? jsonDocument(endpoints) : formatEndpoints(endpoints));
  });
}

function formatEndpoints(endpoints: readonly EndpointRow[]): string {
  return formatTable(
    endpoints.toSorted((left, right) => (left.pod < right.pod ? -1 : 1)),
    {
      pod: ({ pod }) => pod,
      phase: ({ phase }) => phase,
      addresses: ({ addresses }) => addresses.join(","),
      mac: ({ mac }) => mac,
      device: ({ device }) => device,
      error: ({ error }) => error,
    },
  );
}
