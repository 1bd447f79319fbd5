import { formatNumber } from "./format.ts";
import type { Machine } from "./machine.ts";
import { isPercentile } from "./plot/percentiles.ts";
import type { Results } from "./results.ts";
import type { SummaryRow } from "./summary.ts";

const marks = ["<!-- performance: written by npm run bench -->", "<!-- end of performance -->"];

/**
 * Puts a part between its marks.
 *
 * @throws when the text does not have both marks, in this order
 */
export function fillMarks(text: string, part: string): string {
  const [begin = "", end = ""] = marks;
  const [first, last] = [text.indexOf(begin), text.indexOf(end)];
  if (first < 0 || last < first) throw new Error(`there are no marks ${begin} and ${end}`);
  return `${text.slice(0, first + begin.length)}\n\n${part}\n\n${text.slice(last)}`;
}

/** What the README says about the results that are kept. */
export function readmePart({ machine, rows }: Results): string {
  const suite = rows[0]?.suite ?? "";
  return `## How fast it is

![Medians of ${suite}, as ratio to the baseline](docs/reference/performance/${suite}.svg)

On ${describeBriefly(machine)}. [All numbers](docs/reference/performance.md), and
[how to measure](docs/how-to/measure.md) them on a machine of your own: \`npm run bench\`.`;
}

/** The page docs/reference/performance.md. */
export function describePerformance(name: string, { machine, rows }: Results): string {
  const suites = [...Map.groupBy(rows, ({ suite }) => suite)];
  return `${[
    "# Performance",
    `What \`npm run bench\` measured of ${name}, written by it. [How it measures](../../tools/bench/README.md), and
[how to measure](../how-to/measure.md) on a machine of your own. Numbers are medians of all rounds; behind them is the ratio
to the baseline in the same round, with half the distance of its quartiles.`,
    describeMachine(machine),
    ...suites.flatMap(([suite, own]) => describeSuite(suite, own)),
  ].join("\n\n")}\n`;
}

function describeBriefly({ processor, processors, kernel }: Machine): string {
  return `${processor} with ${String(processors)} processors, Linux ${kernel}`;
}

function describeMachine(machine: Machine): string {
  const { memory, isVirtual, governor, distribution, node, commit, date, mitigations } = machine;
  const measures = Object.entries(mitigations).map(([name, state]) => `${name}: ${state}`);
  const lines = [
    ["machine", `${describeBriefly(machine)}${isVirtual ? ", virtual" : ""}`],
    ["memory", `${String(memory)} GiB`],
    ["frequency governor", governor],
    ["mitigations", measures.join("; ") || "none needed"],
    ["distribution", distribution],
    ["Node", node],
    ["commit", commit],
    ["date", date.slice(0, 10)],
  ];
  return table(["", ""], lines);
}

function describeSuite(suite: string, rows: readonly SummaryRow[]): readonly string[] {
  const overview = `![An overview](performance/${suite}.svg)`;
  const tests = [...Map.groupBy(rows, ({ test }) => test)];
  return [`## ${suite}`, overview].concat(
    tests.flatMap(([test, own]) => {
      const percentiles = `![Percentiles](performance/${suite}-${test}-percentiles.svg)`;
      const heading = `### ${suite}: ${test}`;
      return own.some(isPercentile)
        ? [heading, percentiles, describeTest(own)]
        : [heading, describeTest(own)];
    }),
  );
}

function describeTest(rows: readonly SummaryRow[]): string {
  const measures = [...Map.groupBy(rows, ({ measure }) => measure).values()];
  const contestants = [...Map.groupBy(rows, ({ contestant }) => contestant)];
  const header = measures.map(([row]) => `${row?.title ?? ""} (${row?.unit ?? ""})`);
  const body = contestants.map(([contestant, own]) => {
    const cells = measures.map(([first]) =>
      describeCell(own.find(({ measure }) => measure === first?.measure)),
    );
    return [contestant].concat(cells);
  });
  return table([""].concat(header), body);
}

function describeCell(row: SummaryRow | undefined): string {
  if (row === undefined) return "failed";
  const { value, ratio, contestant, baseline } = row;
  if (ratio === undefined || contestant === baseline) return formatNumber(value.median);
  const half = (ratio.high - ratio.low) / 2;
  return `${formatNumber(value.median)} (${ratio.median.toFixed(3)} ± ${half.toFixed(3)})`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
