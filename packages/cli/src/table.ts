import { stripVTControlCharacters } from "node:util";

/** What stands in a row; nothing, and an empty text, are printed as `-`. */
export type Cell = string | number | bigint | undefined;

/** The columns of a table from left to right, by their names: `maxEntries` is headed MAX-ENTRIES. */
export type Columns<R> = Readonly<Record<string, (row: R) => Cell>>;

/** Between columns. */
const gap = "   ";

/** Rows as aligned columns under headings in capitals. Colours take no room; nothing is cut. */
export function formatTable<R>(rows: readonly R[], columns: Columns<R>): string {
  const cells = Object.values(columns);
  const lines = [
    Object.keys(columns).map(headingOf),
    ...rows.map((row) => cells.map((cell) => cellText(cell(row)))),
  ];
  const widths = cells.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index]))));
  return lines.map((line) => formatLine(line, widths)).join("\n");
}

function headingOf(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toUpperCase();
}

function formatLine(line: readonly string[], widths: readonly number[]): string {
  const padded = line.map((text, index) => {
    return text + " ".repeat((widths[index] ?? 0) - widthOf(text));
  });
  return padded.join(gap).trimEnd();
}

/** A row is one line. */
function cellText(value: Cell): string {
  const text = String(value ?? "").replaceAll(/\s*\n\s*/g, " ");
  return text === "" ? "-" : text;
}

function widthOf(text = ""): number {
  return stripVTControlCharacters(text).length;
}
