import { formatNumber } from "../format.ts";
import type { SummaryRow } from "../summary.ts";
import { element, paintOf, picture, text, unitOf } from "./svg.ts";

const width = 760;
const rowHeight = 20;
const headHeight = 64;
const gap = 24;
const [axisStart, axisEnd] = [150, 720];

/** What ends the name of a measure that is a percentile: `rr-p999` is below 99.9 % of all. */
const percentilePattern = /-p(\d\d)(\d*)$/;

export function isPercentile({ measure }: Pick<SummaryRow, "measure">): boolean {
  return percentilePattern.test(measure);
}

/** A line per contestant, with a dot at each percentile: medians of all rounds, on a logarithmic axis. */
export function drawPercentiles(title: string, rows: readonly SummaryRow[]): string {
  const shown = rows.filter(isPercentile);
  const values = shown.map(({ value }) => value.median).filter((value) => value > 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = (value: number): number =>
    axisStart +
    (most === least ? 0 : Math.log(Math.max(value, least) / least) / Math.log(most / least)) *
      (axisEnd - axisStart);
  const contestants = [...Map.groupBy(shown, ({ contestant }) => contestant)];
  const height = headHeight + rowHeight * contestants.length + gap;
  return picture(width, height, title, [
    text(gap, 24, title, "title"),
    text(gap, 42, describeDots(shown), "dim"),
    ...ticks(least, most).flatMap((value) => drawTick(scale(value), value, height - gap)),
    ...contestants.flatMap(([contestant, own], index) =>
      drawLine(contestant, own, headHeight + rowHeight * index + 10, scale),
    ),
  ]);
}

function describeDots(rows: readonly SummaryRow[]): string {
  const shares = new Set(rows.map(({ measure }) => shareOf(measure)));
  const unit = rows[0] === undefined ? "" : unitOf(rows[0]);
  return `${unit}; dots at ${[...shares].join(", ")} of all, less is better`;
}

function shareOf(measure: string): string {
  const [, whole = "", fraction = ""] = percentilePattern.exec(measure) ?? [];
  return `${whole}${fraction === "" ? "" : `.${fraction}`} %`;
}

/** Powers of ten, with their double and fivefold, that are between the two. */
function ticks(least: number, most: number): readonly number[] {
  const powers = Array.from({ length: 13 }, (_, index) => 10 ** (index - 3));
  return powers
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((value) => value >= least && value <= most);
}

function drawTick(x: number, value: number, bottom: number): readonly string[] {
  return [
    element("line", { class: "one", x1: x, x2: x, y1: headHeight, y2: bottom }),
    text(x, headHeight - 4, formatNumber(value).replace(/\.0+(?=\D|$)/, ""), "dim", "middle"),
  ];
}

function drawLine(
  contestant: string,
  rows: readonly SummaryRow[],
  y: number,
  scale: (value: number) => number,
): readonly string[] {
  const places = rows.map(({ value }) => scale(value.median));
  return [
    text(axisStart - 12, y + 4, contestant, "text", "end"),
    element("line", {
      class: "span",
      x1: Math.min(...places),
      x2: Math.max(...places),
      y1: y,
      y2: y,
    }),
    ...places.map((cx) =>
      element("circle", { class: `dot${paintOf(contestant)}`, cx, cy: y, r: 4 }),
    ),
  ];
}
