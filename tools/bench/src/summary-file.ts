import { type Cell, formatCsv, parseCsv } from "./csv.ts";
import type { Spread } from "./statistics.ts";
import type { Measure } from "./suite.ts";
import type { SummaryRow } from "./summary.ts";

const texts = ["suite", "test", "measure", "title", "unit", "better", "contestant"] as const;
const spreads = ["count", "median", "low", "high", "mad"] as const;
const header = [
  ...texts,
  ...spreads,
  "baseline",
  ...spreads.map((name) => `ratio_${name}`),
] as const;

/** A summary as a table. Numbers are written so that reading gives the same. */
export function formatSummary(rows: readonly SummaryRow[]): string {
  return formatCsv(header, rows.map(cellsOf));
}

function cellsOf(row: SummaryRow): readonly Cell[] {
  return [
    ...texts.map((name) => row[name]),
    ...spreads.map((name) => row.value[name]),
    row.baseline,
    ...spreads.map((name) => row.ratio?.[name]),
  ];
}

/** @throws when it is no such table */
export function parseSummary(text: string): readonly SummaryRow[] {
  return parseCsv(text).map((cells) =>
    rowFrom((name) => {
      const cell = cells[name];
      if (cell === undefined) throw new Error(`there is no column ${name}`);
      return cell;
    }),
  );
}

function rowFrom(take: (name: string) => string): SummaryRow {
  const baseline = take("baseline");
  return {
    suite: take("suite"),
    test: take("test"),
    measure: take("measure"),
    title: take("title"),
    unit: take("unit"),
    better: directionOf(take("better")),
    contestant: take("contestant"),
    value: spreadFrom("", take),
    ...(baseline !== "" && { baseline }),
    ...(take("ratio_count") !== "" && { ratio: spreadFrom("ratio_", take) }),
  };
}

function spreadFrom(prefix: string, take: (name: string) => string): Spread {
  const number = (name: string): number => {
    const text = take(prefix + name);
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) {
      throw new Error(`${prefix}${name} is ${JSON.stringify(text)}, and no number`);
    }
    return value;
  };
  return {
    count: number("count"),
    median: number("median"),
    low: number("low"),
    high: number("high"),
    mad: number("mad"),
  };
}

function directionOf(text: string): Measure["better"] {
  if (text === "more" || text === "less") return text;
  throw new Error(`better is ${JSON.stringify(text)}, and neither more nor less`);
}
