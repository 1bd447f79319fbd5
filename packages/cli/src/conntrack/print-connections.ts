import type { ConnectionRecord } from "@heddle/conntrack";
import { jsonLine } from "../output-option.ts";
import { formatTableOf } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { connectionColumns, wideConnectionColumns } from "./connection-columns.ts";
import { formatTotals, type Totals } from "./totals.ts";

type Output = Pick<Terminal, "out" | "ready">;

/** Prints connections as a table, and then what they come to, if somebody counts. No more than a part is held. */
export async function printTable(
  connections: AsyncIterable<ConnectionRecord>,
  totals: Totals | undefined,
  terminal: Output,
  wide: boolean,
): Promise<void> {
  const columns = wide ? wideConnectionColumns : connectionColumns;
  for await (const lines of formatTableOf(inParts(connections), columns)) {
    terminal.out(lines);
    await terminal.ready();
  }
  if (totals !== undefined) terminal.out(`\n${formatTotals(totals)}`);
}

/** Prints one document, a connection in each line: a list, or where somebody counts an object with that and the totals. */
export async function printDocument(
  connections: AsyncIterable<ConnectionRecord>,
  totals: Totals | undefined,
  terminal: Output,
): Promise<void> {
  terminal.out(totals === undefined ? "[" : '{"connections": [');
  let waiting: string | undefined;
  for await (const part of inParts(connections)) {
    if (waiting !== undefined) terminal.out(`${waiting},`);
    waiting = part.map(jsonLine).join(",\n");
    await terminal.ready();
  }
  if (waiting !== undefined) terminal.out(waiting);
  terminal.out(totals === undefined ? "]" : `], "totals": ${jsonLine(totals)}}`);
}

/** Lines that are written at once. */
const partSize = 500;

async function* inParts<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let part: T[] = [];
  for await (const item of items) {
    if (part.push(item) < partSize) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
