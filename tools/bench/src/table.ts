import { formatNumber } from "./format.ts";
import type { SummaryRow } from "./summary.ts";

/** Lines of a table: a row per contestant and a column per measure, for a terminal. */
export function drawTable(rows: readonly SummaryRow[]): readonly string[] {
  const contestants = [...new Set(rows.map(({ contestant }) => contestant))];
  const measures = [...new Set(rows.map(({ measure }) => measure))];
  const header = measures.map((measure) => {
    const row = rows.find((candidate) => candidate.measure === measure);
    return `${measure} (${row?.unit ?? ""})`;
  });
  const body = contestants.map((contestant) => {
    const own = rows.filter((row) => row.contestant === contestant);
    const cells = measures.map((measure) =>
      describeRow(own.find((row) => row.measure === measure)),
    );
    return [contestant].concat(cells);
  });
  return align([["", ...header], ...body]);
}

/** The median with its spread, or with its ratio to the baseline's and the spread of that. */
function describeRow(row: SummaryRow | undefined): string {
  if (row === undefined) return "failed";
  const { value, ratio, contestant, baseline } = row;
  const median = formatNumber(value.median);
  if (ratio === undefined || contestant === baseline) return `${median} ${describeSpread(value)}`;
  return `${median} x${ratio.median.toFixed(3)} ${describeSpread(ratio)}`;
}

/** Half the distance of the quartiles. */
function describeSpread({ median, low, high }: SummaryRow["value"]): string {
  const half = median === 0 ? 0 : (50 * (high - low)) / Math.abs(median);
  return `±${half.toFixed(1).padStart(4)} %`;
}

/** The first column to the left, others to the right. */
function align(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}
