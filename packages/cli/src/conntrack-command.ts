import type { ConnectionFilter, ConnectionRecord, PinnedConnections } from "@heddle/conntrack";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type SortKey, sortKeys } from "./conntrack/choose-connections.ts";
import type { TablePlace } from "./conntrack/pinned-table.ts";
import { addOutputOption, jsonDocument, jsonLine, type OutputOptions } from "./output-option.ts";
import { readCount } from "./read-count.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle conntrack`: the connections that the programs track, whether or not an agent runs. */
export function addConntrackCommand(program: Command, terminal: Terminal): void {
  const conntrack = program
    .command("conntrack")
    .summary("Look at the connections of this node, and forget them.")
    .description(
      "Look at the connections that the programs in the kernel track, and forget them, whether or not an agent runs.",
    );
  addList(conntrack, terminal);
  addWatch(conntrack, terminal);
  addFlush(conntrack, terminal);
  addStats(conntrack, terminal);
}

const filterHelp = `
A filter is words between white space, all of which must be true:
  proto=tcp               the protocol's name or number
  src=10.0.0.0/8          who began the connection: address or prefix
  dst=[fd00::1]:443       who answers: address, prefix, or address with port
  addr=192.0.2.1          who is on either side
  port=443                the port of who answers
  state=closing           opening, established or closing
  scope=service           connection, or service for what clients send to a service's own address`;

function addMapsOption(command: Command): Command {
  return command.option(
    "--maps <PATH>",
    "The folder of the maps, where something else than the agent pinned them.",
  );
}

interface FilterOptions extends TablePlace {
  readonly filter?: string;
}

function addFilterOption(command: Command): Command {
  addMapsOption(command);
  return command
    .option("--filter <EXPR>", "Only these connections, such as `proto=tcp dst=10.0.0.0/8`.")
    .addHelpText("after", filterHelp);
}

interface ListOptions extends FilterOptions {
  readonly output: "table" | "wide" | "json";
  readonly limit?: number;
  readonly sort?: SortKey;
  readonly count?: true;
}

function addList(conntrack: Command, terminal: Terminal): void {
  const command = conntrack
    .command("list")
    .description("List the connections.")
    .option("--limit <N>", "End after N connections.", readCount)
    .addOption(
      new Option(
        "--sort <KEY>",
        "Show first what is oldest, has most packets or bytes, or expires first. " +
          "Without it connections come in no order, and none is held in memory.",
      ).choices(sortKeys),
    )
    .option("--count", "Tell at the end how many there are, those beyond the limit included.")
    .addOption(
      new Option("-o, --output <FORMAT>", "How it is printed; wide has more columns.")
        .choices(["table", "wide", "json"])
        .default("table"),
    );
  addFilterOption(command).action(async () => {
    await list(command.optsWithGlobals<ListOptions>(), terminal);
  });
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const { output, sort, limit, count } = options;
  const { chooseConnections } = await import("./conntrack/choose-connections.ts");
  const { printDocument, printTable } = await import("./conntrack/print-connections.ts");
  const { Count } = await import("./conntrack/totals.ts");
  const filter = await readFilter(options);
  using connections = await openTable(options);
  const totals = count === true ? new Count() : undefined;
  const all = recordsOf(connections, filter, terminal.untilEnded());
  const rows = totals === undefined ? all : totals.of(all);
  const chosen = chooseConnections(rows, { sort, limit, toEnd: totals !== undefined });
  await (output === "json"
    ? printDocument(chosen, totals, terminal)
    : printTable(chosen, totals, terminal, output === "wide"));
}

async function* recordsOf(
  table: PinnedConnections,
  filter: ConnectionFilter,
  ended: AbortSignal,
): AsyncGenerator<ConnectionRecord> {
  const { recordConnection } = await import("@heddle/conntrack");
  const { systemClock } = await import("@heddle/contracts");
  for await (const connection of table.connections(filter)) {
    if (ended.aborted) return;
    yield recordConnection(connection, systemClock.monotonic());
  }
}

interface WatchOptions extends FilterOptions, OutputOptions {
  readonly interval: number;
}

function addWatch(conntrack: Command, terminal: Terminal): void {
  const command = conntrack
    .command("watch")
    .description("Follow connections until Ctrl-C: as they begin, change their state, and leave.")
    .option(
      "--interval <SECONDS>",
      "How long to wait between two looks at the table.",
      readSeconds,
      1,
    )
    .addHelpText(
      "after",
      `
The agent tells of each connection that leaves, with the reason. Where no agent runs, those are seen by looking: without
the reason, and none that came and went between two looks. What the filter means is held in memory, about 1 kB each.`,
    );
  addFilterOption(addOutputOption(command)).action(async () => {
    const options = command.optsWithGlobals<WatchOptions>();
    const { systemClock } = await import("@heddle/contracts");
    const { watchConnections } = await import("./conntrack/watch-connections.ts");
    const filter = await readFilter(options);
    using connections = await openTable(options);
    await watchConnections(
      {
        connections,
        agent: await agentOf(options),
        clock: systemClock,
        show: await changePrinter(options, terminal),
        note: (text) => terminal.err(`heddle: ${text}`),
      },
      { filter, interval: options.interval * 1000, ended: terminal.untilEnded() },
    );
  });
}

/** Only the agent that pinned the maps knows what leaves them. */
async function agentOf({ maps, socket }: TablePlace) {
  if (maps !== undefined) return undefined;
  const { createAgentClient } = await import("@heddle/agent/client");
  return createAgentClient(socket);
}

async function changePrinter({ output }: OutputOptions, terminal: Terminal) {
  const { formatChange } = await import("./conntrack/change-line.ts");
  const { painter } = await import("./paint.ts");
  const paint = painter(terminal);
  return (change: Parameters<typeof formatChange>[0]): void =>
    terminal.out(output === "json" ? jsonLine(change) : formatChange(change, paint));
}

interface FlushOptions extends FilterOptions, OutputOptions {
  readonly all?: true;
}

function addFlush(conntrack: Command, terminal: Terminal): void {
  const command = conntrack
    .command("flush")
    .description(
      "Forget connections, those of a filter or all: their next packets begin new ones, or are judged anew. " +
        "Asks nothing, and says how many.",
    )
    .addOption(
      new Option("--all", "Forget all of them, in place of those of a filter.").conflicts("filter"),
    );
  addFilterOption(addOutputOption(command)).action(async () => {
    const options = command.optsWithGlobals<FlushOptions>();
    const filter = await readFilter(options);
    if (options.all !== true && Object.keys(filter).length === 0) {
      const given = options.filter === undefined ? "" : ", and an empty filter means all";
      command.error(`error: one of --filter and --all is required${given}`);
    }
    const { flushConnections } = await import("@heddle/conntrack");
    const { mapsOf } = await import("./conntrack/pinned-table.ts");
    const flushed = await flushConnections(mapsOf(options), filter);
    terminal.out(
      options.output === "json"
        ? jsonDocument({ flushed })
        : `${String(flushed)} ${flushed === 1 ? "connection is" : "connections are"} forgotten`,
    );
  });
}

function addStats(conntrack: Command, terminal: Terminal): void {
  const command = conntrack
    .command("stats")
    .description("Show how full the table is, what became of packets, and why connections left.");
  addMapsOption(addOutputOption(command)).action(async () => {
    const options = command.optsWithGlobals<TablePlace & OutputOptions>();
    const { formatStats, readStats } = await import("./conntrack/stats.ts");
    using connections = await openTable(options);
    const stats = readStats(connections);
    terminal.out(options.output === "json" ? jsonDocument(stats) : formatStats(stats));
  });
}

/** @throws {ConntrackError} `invalid-filter` */
async function readFilter({ filter = "" }: FilterOptions): Promise<ConnectionFilter> {
  const { parseConnectionFilter } = await import("@heddle/conntrack");
  return parseConnectionFilter(filter);
}

/**
 * @throws {CliError} `nothing-pinned`, `unreadable-pins`
 * @throws {BpfError} `pin-missing`, `incompatible-pin`
 */
async function openTable(place: TablePlace): Promise<PinnedConnections> {
  const { openConnections } = await import("@heddle/conntrack");
  const { mapsOf } = await import("./conntrack/pinned-table.ts");
  const { systemClock } = await import("@heddle/contracts");
  return openConnections({ clock: systemClock }, mapsOf(place));
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (/^[0-9]{1,6}(?:\.[0-9]{1,3})?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It is a number of seconds, of which a fraction may be given.");
}
