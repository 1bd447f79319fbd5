import type { TableChange, TableRow } from "@heddle/agent/client";
import type { Command } from "commander";
import type { GlobalOptions } from "./global-options.ts";
import { addOutputOption, jsonDocument, jsonLine, type OutputOptions } from "./output-option.ts";
import { type Cell, formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** `heddle table`: the agent's tables, which is what it knows and wants. */
export function addTableCommand(program: Command, terminal: Terminal): void {
  const table = program
    .command("table")
    .summary("Look at the agent's tables.")
    .description("Look at the agent's tables: what it knows, and what it wants.");
  addList(table, terminal);
  addShow(table, terminal);
  addWatch(table, terminal);
}

type TableOptions = GlobalOptions & OutputOptions;

function addList(table: Command, terminal: Terminal): void {
  const command = table.command("list").description("List the tables.");
  addOutputOption(command).action(async () => {
    const { socket, output } = command.optsWithGlobals<TableOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    const tables = await createAgentClient(socket).tables();
    if (output === "json") return terminal.out(jsonDocument(tables));
    const columns = {
      name: ({ name }: (typeof tables)[number]) => name,
      rows: ({ size }: (typeof tables)[number]) => size,
      synced: ({ synced }: (typeof tables)[number]) => (synced ? "yes" : "no"),
    };
    terminal.out(formatTable(tables.toSorted(byText(({ name }) => name)), columns));
  });
}

function addShow(table: Command, terminal: Terminal): void {
  const command = table.command("show").argument("<NAME>").description("Show a table's rows.");
  addOutputOption(command).action(async (name: string) => {
    const { socket, output } = command.optsWithGlobals<TableOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    const rows = await createAgentClient(socket).tableRows(name);
    terminal.out(output === "json" ? jsonDocument(rows) : formatRows(rows));
  });
}

function addWatch(table: Command, terminal: Terminal): void {
  const command = table
    .command("watch")
    .argument("<NAME>")
    .description("Show a table's rows, and what changes of them until Ctrl-C.");
  addOutputOption(command).action(async (name: string) => {
    const { socket, output } = command.optsWithGlobals<TableOptions>();
    const { createAgentClient } = await import("@heddle/agent/client");
    const changes = createAgentClient(socket).watchTable(name, terminal.untilEnded());
    for await (const change of changes) {
      terminal.out(output === "json" ? jsonLine(change) : formatChange(change));
    }
  });
}

/** The order of people: `pod2` before `pod10`. */
function byText<T>(textOf: (item: T) => string): (one: T, other: T) => number {
  const { compare } = new Intl.Collator("en", { numeric: true });
  return (one, other) => compare(textOf(one), textOf(other));
}

/** A column for each field that a row has. */
function formatRows(rows: readonly TableRow[]): string {
  const fields = new Set(rows.flatMap(({ value }) => Object.keys(fieldsOf(value))));
  const columns = Object.fromEntries(
    Array.from(fields, (field) => {
      return [field, ({ value }: TableRow) => cellOf(fieldsOf(value)[field])] as const;
    }),
  );
  const sorted = rows.toSorted(byText(({ key }) => String(key)));
  return formatTable(sorted, { key: ({ key }: TableRow) => key, ...columns });
}

function formatChange(change: TableChange): string {
  if (change.kind === "synced") return "synced";
  const value = change.kind === "upsert" ? ` ${jsonLine(change.value)}` : "";
  return `${change.kind} ${String(change.key)}${value}`;
}

/** The fields of a row's value; a value that has none is one itself. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? Object.fromEntries(Object.entries(value)) : { value };
}

function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return value;
  const isList = Array.isArray(value) && value.every((item) => typeof item !== "object");
  return isList ? value.join(",") : jsonLine(value);
}
