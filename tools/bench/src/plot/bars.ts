import { formatNumber } from "../format.ts";
import type { SummaryRow } from "../summary.ts";
import { element, paintOf, picture, text, unitOf } from "./svg.ts";

const panelWidth = 560;
const rowHeight = 18;
const barHeight = 11;
const headHeight = 46;
const gap = 24;
/** Where bars begin and end; names are before, numbers behind. */
const [barStart, barEnd] = [128, 400];

/**
 * Horizontal bars, a panel per measure and a bar per contestant: the median of ratios, with whiskers from quartile
 * to quartile, or of the numbers themselves where there are no ratios.
 */
export function drawBars(title: string, panels: readonly (readonly SummaryRow[])[]): string {
  const columns = panels.length > 1 ? 2 : 1;
  const heights = chunk(panels, columns).map(
    (line) => headHeight + rowHeight * Math.max(...line.map((rows) => rows.length)) + gap,
  );
  const tops = heights.map((_, index) => heights.slice(0, index).reduce(add, 0));
  const content = panels.map((rows, index) => {
    const x = gap + (index % columns) * (panelWidth + gap);
    const y = tops[Math.floor(index / columns)] ?? 0;
    return element("g", { transform: `translate(${String(x)} ${String(y)})` }, ...drawPanel(rows));
  });
  const width = gap + columns * (panelWidth + gap);
  return picture(width, heights.reduce(add, 0), title, content);
}

function drawPanel(rows: readonly SummaryRow[]): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const isRatio = rows.some(({ ratio }) => ratio !== undefined);
  const shown = rows.map((row) => ({ row, spread: isRatio ? row.ratio : row.value }));
  const most = Math.max(isRatio ? 1 : 0, ...shown.map(({ spread }) => spread?.high ?? 0));
  const scale = (value: number): number =>
    barStart + (most === 0 ? 0 : (value / most) * (barEnd - barStart));
  const bottom = headHeight + rowHeight * rows.length;
  return [
    text(0, 22, first.title, "title"),
    text(0, 38, describeAxis(first, isRatio), "dim"),
    ...shown.flatMap(({ row, spread }, index) =>
      drawRow(row, spread, headHeight + rowHeight * index, scale),
    ),
    ...(isRatio
      ? [
          element("line", {
            class: "one",
            x1: scale(1),
            x2: scale(1),
            y1: headHeight - 4,
            y2: bottom,
          }),
        ]
      : []),
  ];
}

function describeAxis(row: SummaryRow, isRatio: boolean): string {
  const what = isRatio ? "ratio to the baseline of the same round" : unitOf(row);
  return `${what}, ${row.better} is better`;
}

function drawRow(
  row: SummaryRow,
  spread: SummaryRow["ratio"],
  top: number,
  scale: (value: number) => number,
): readonly string[] {
  const base = top + barHeight - 1;
  const name = text(barStart - 8, base, row.contestant, "text", "end");
  const absolute = `${formatNumber(row.value.median)} ${unitOf(row)}`;
  if (spread === undefined) return [name, text(barStart, base, absolute, "dim")];
  const middle = top + barHeight / 2;
  const numbers = row.ratio === undefined ? absolute : `${spread.median.toFixed(3)} · ${absolute}`;
  return [
    name,
    element("rect", {
      class: `bar${paintOf(row.contestant)}`,
      x: barStart,
      y: top,
      width: scale(spread.median) - barStart,
      height: barHeight,
    }),
    element("line", {
      class: "whisker",
      x1: scale(spread.low),
      x2: scale(spread.high),
      y1: middle,
      y2: middle,
    }),
    text(barEnd + 12, base, numbers, "dim"),
  ];
}

function chunk<T>(things: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(things.length / size) }, (_, index) =>
    things.slice(index * size, (index + 1) * size),
  );
}

function add(left: number, right: number): number {
  return left + right;
}
