/** A cell of a table: what is undefined is an empty cell. */
export type Cell = string | number | undefined;

/** RFC 4180, but with a line feed alone at the end of lines. */
export function formatCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(formatCell).join(",")}\n`).join("");
}

function formatCell(cell: Cell): string {
  const text = cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The rows, each by the names of the header.
 *
 * @throws when a row has another number of cells than the header, or a quote is not closed
 */
export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const [header = [], ...rows] = parseRows(text);
  return rows.map((row, index) => {
    if (row.length !== header.length) {
      throw new Error(
        `row ${String(index + 2)} has ${String(row.length)} cells, and the header ${String(header.length)}`,
      );
    }
    return Object.fromEntries(header.map((name, column) => [name, row[column] ?? ""]));
  });
}

/** A cell with what follows it: a comma, the end of its line, or the end of all. */
const cellPattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function parseRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const pattern = new RegExp(cellPattern);
  while (pattern.lastIndex < text.length) {
    const place = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`there is a stray quote near character ${String(place)}`);
    const [, quoted, plain = "", end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return row.length === 0 ? rows : [...rows, [...row, ""]];
}
