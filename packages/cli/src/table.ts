import { stripVTControlCharacters } from "node:util";

/** What stands in a row; nothing, and an empty text, are printed as `-`. */
export type Cell = string | number | bigint | undefined;

/** The columns of a table from left to right, by their names: `maxEntries` is headed MAX-ENTRIES. */
export type Columns<R> = Readonly<Record<string, (row: R) => Cell>>;

/** Between columns. */
const gap = "   ";

/** Rows as aligned columns under headings in capitals. Colours take no room; nothing is cut. */
export function formatTable<R>(rows: readonly R[], columns: Columns<R>): string {
  return new TableFormat(columns).format(rows, headingsOf(columns));
}

/**
 * A table like that of {@link formatTable} for rows of which there may be too many to be held: a part of the lines at a
 * time. What is wider than all rows before makes its column wider from its part on.
 */
export async function* formatTableOf<R>(
  parts: AsyncIterable<readonly R[]>,
  columns: Columns<R>,
): AsyncGenerator<string> {
  const table = new TableFormat(columns);
  let headings: readonly string[] | undefined = headingsOf(columns);
  for await (const rows of parts) {
    yield table.format(rows, headings);
    headings = undefined;
  }
  if (headings !== undefined) yield table.format([], headings);
}

/** Lines in columns that become wider, never narrower. */
class TableFormat<R> {
  readonly #cells: readonly ((row: R) => Cell)[];
  readonly #widths: number[];

  constructor(columns: Columns<R>) {
    this.#cells = Object.values(columns);
    this.#widths = this.#cells.map(() => 0);
  }

  format(rows: readonly R[], headings?: readonly string[]): string {
    const lines = rows.map((row) => this.#cells.map((cell) => cellText(cell(row))));
    if (headings !== undefined) lines.unshift([...headings]);
    for (const line of lines) {
      for (const [index, text] of line.entries()) {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, widthOf(text));
      }
    }
    return lines.map((line) => formatLine(line, this.#widths)).join("\n");
  }
}

function headingsOf(columns: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(columns).map(headingOf);
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
