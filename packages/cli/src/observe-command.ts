import type { AgentClient, FlowKind, FlowLine } from "@heddle/agent/client";
import { type Command, InvalidArgumentError } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonLine, type OutputOptions } from "./output-option.ts";
import { readCount } from "./read-count.ts";
import type { Terminal } from "./terminal.ts";

interface ObserveOptions extends GlobalOptions, OutputOptions {
  readonly drops?: true;
  readonly flows?: true;
  readonly pod?: string;
  readonly last?: number;
  readonly limit?: number;
}

/** `heddle observe`: what becomes of packets. */
export function addObserveCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command("observe")
    .summary("Follow what becomes of packets.")
    .description("Follow what becomes of packets on this node: drops, and flows as they begin.")
    .option("--drops", "Show dropped packets (default: drops and flows).")
    .option("--flows", "Show flows as they are decided: forwarded, or left to the node's stack.")
    .option(
      "--pod <NAMESPACE/POD>",
      "Show only packets from or to the pod, or seen at its device.",
      readPod,
    )
    .option("--last <N>", "Begin with the latest N drops that the agent remembers.", readCount)
    .option("--limit <N>", "End after N packets (default: at Ctrl-C).", readCount);
  addOutputOption(command).action(async () => {
    const options = command.optsWithGlobals<ObserveOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    await observe(createAgentClient(options.socket), options, terminal);
  });
}

async function observe(
  agent: AgentClient,
  options: ObserveOptions,
  terminal: Terminal,
): Promise<void> {
  const { pod: name, last = 0, limit = Number.POSITIVE_INFINITY } = options;
  const format = await formatter(options, terminal);
  const lostBefore = await agent.lostEvents();
  let count = 0;
  if (limit > 0) {
    const filter = { kinds: kindsOf(options), name, last };
    for await (const line of agent.events(filter, terminal.untilEnded())) {
      terminal.out(format(line));
      if (++count >= limit) break;
    }
  }
  tellLosses(lostBefore, await agent.lostEvents(), terminal);
}

async function formatter(
  { output }: OutputOptions,
  terminal: Terminal,
): Promise<(line: FlowLine) => string> {
  if (output === "json") return jsonLine;
  const { formatFlow } = await import("./flow-line.ts");
  const { painter } = await import("./paint.ts");
  const paint = painter(terminal);
  return (line) => formatFlow(line, paint);
}

function kindsOf({ drops, flows }: ObserveOptions): readonly FlowKind[] {
  if (drops === flows) return ["drops", "flows"];
  return drops === true ? ["drops"] : ["flows"];
}

type Losses = Readonly<Record<string, number>>;

function tellLosses(before: Losses, after: Losses, terminal: Terminal): void {
  const lost = Object.entries(after)
    .map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  if (lost.length === 0) return;
  const counts = lost.map(([kind, count]) => `${String(count)} ${kind}`).join(", ");
  terminal.err(`heddle: events were lost meanwhile, since there were too many: ${counts}`);
}

function readPod(text: string): string {
  if (/^[^/\s]+\/[^/\s]+$/.test(text)) return text;
  if (/^[^/\s]+$/.test(text)) return `default/${text}`;
  throw new InvalidArgumentError("It is written NAMESPACE/POD.");
}
