import { describe, expect, it } from "vitest";
import { spreadOf } from "../statistics.ts";
import type { SummaryRow } from "../summary.ts";
import { drawBars } from "./bars.ts";
import { drawPlots } from "./draw-plots.ts";
import { drawPercentiles } from "./percentiles.ts";

function rowOf(
  contestant: string,
  values: readonly number[],
  options: Partial<SummaryRow> = {},
): SummaryRow {
  return {
    suite: "paths",
    test: "rr",
    measure: "rr-rate",
    title: 'requests & <responses>, "quick"',
    unit: "1/s",
    better: "more",
    contestant,
    baseline: "veth",
    value: spreadOf(values.map((value) => value * 1000)),
    ratio: spreadOf(values),
    ...options,
  };
}

/** The elements of a document with their attributes. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads XML as far as these pictures use it; throws where it is not well-formed. */
function parseXml(xml: string): readonly Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  for (const [token, end, name = "", written = "", empty] of xml.matchAll(
    /<(\/)?([a-z]+)((?: [\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/)?>|[^<&]+|&(?:amp|lt|gt|quot);|[^]/g,
  )) {
    if (token === "<" || token === "&") throw new Error("a stray character of markup");
    if (name === "") continue;
    if (end === "/") {
      if (open.pop() !== name) throw new Error(`</${name}> ends nothing`);
      continue;
    }
    if (empty !== "/") open.push(name);
    const attributes = Object.fromEntries(
      Array.from(written.matchAll(/([\w:-]+)="([^"]*)"/g), ([, key = "", value = ""]) => [
        key,
        value,
      ]),
    );
    elements.push({ name, attributes });
  }
  if (open.length > 0) throw new Error(`${open.join()} has no end`);
  return elements;
}

function numbersOf(
  elements: readonly Element[],
  style: string,
  attribute: string,
): readonly number[] {
  return elements
    .filter(({ attributes }) => attributes["class"]?.split(" ")[0] === style)
    .map(({ attributes }) => Number(attributes[attribute]));
}

const rows = [
  rowOf("veth", [1, 1, 1]),
  rowOf("ours", [0.8, 0.9, 1.2]),
  rowOf("slow", [0.45, 0.45, 0.45]),
];

describe("bars", () => {
  const elements = parseXml(drawBars("paths", [rows]));

  it("are as long as their ratios are large", () => {
    const [veth = 0, ours = 0, slow = 0] = numbersOf(elements, "bar", "width");
    expect(ours / veth).toBeCloseTo(0.9, 2);
    expect(slow / veth).toBeCloseTo(0.45, 2);
  });

  it("have whiskers from quartile to quartile, and a line at one", () => {
    const [start = 0] = numbersOf(elements, "bar", "x");
    const [unit = 0] = numbersOf(elements, "bar", "width");
    const ratioAt = (x: number): number => (x - start) / unit;
    expect(numbersOf(elements, "whisker", "x1").map(ratioAt)[1]).toBeCloseTo(0.85, 2);
    expect(numbersOf(elements, "whisker", "x2").map(ratioAt)[1]).toBeCloseTo(1.05, 2);
    expect(numbersOf(elements, "one", "x1").map(ratioAt)[0]).toBeCloseTo(1, 2);
  });

  it("set off our own", () => {
    const styles = elements
      .map(({ attributes }) => attributes["class"])
      .filter((style) => style?.startsWith("bar"));
    expect(styles).toEqual(["bar", "bar ours", "bar"]);
  });

  it("are of the numbers themselves where there are no ratios", () => {
    const plain = rows.map(({ baseline: _baseline, ratio: _ratio, ...row }) => row);
    const drawn = parseXml(drawBars("control", [plain]));
    const [veth = 0, , slow = 0] = numbersOf(drawn, "bar", "width");
    expect(slow / veth).toBeCloseTo(0.45, 2);
    expect(numbersOf(drawn, "one", "x1")).toEqual([]);
  });

  it("can be all zero, or none", () => {
    const zero = { ...rowOf("veth", [0]), ratio: undefined };
    const { ratio: _, ...row } = zero;
    expect(numbersOf(parseXml(drawBars("zero", [[row]])), "bar", "width")).toEqual([0]);
    expect(parseXml(drawBars("none", []))).not.toEqual([]);
  });
});

describe("percentiles", () => {
  const times = [
    [5, "rr-p50"],
    [50, "rr-p99"],
    [500, "rr-p999"],
  ] as const;
  const measured = times.flatMap(([time, measure]) =>
    ["veth", "ours"].map((contestant) => rowOf(contestant, [time / 1000], { measure, unit: "us" })),
  );
  const xml = drawPercentiles("latency", [...measured, ...rows]);

  it("are dots on a logarithmic axis", () => {
    const places = numbersOf(parseXml(xml), "dot", "cx");
    expect(places).toHaveLength(6);
    const [first = 0, second = 0, third = 0] = places;
    expect(third - second).toBeCloseTo(second - first, 1);
    expect(xml).toContain("µs; dots at 50 %, 99 %, 99.9 % of all");
  });

  it("can all be the same", () => {
    const same = measured.slice(0, 1);
    expect(numbersOf(parseXml(drawPercentiles("latency", same)), "dot", "cx")).toHaveLength(1);
  });
});

describe("pictures", () => {
  const percentile = rowOf("veth", [1], { measure: "rr-p50", unit: "us" });
  const throughput = rowOf("ours", [0.5], { test: "throughput", measure: "throughput" });
  const drawn = drawPlots([...rows, percentile, throughput]);

  it("are an overview, one per test, and one of percentiles", () => {
    expect([...drawn.keys()]).toEqual([
      "paths.svg",
      "paths-rr.svg",
      "paths-rr-percentiles.svg",
      "paths-throughput.svg",
    ]);
  });

  it("are well-formed, the same each time, and readable in the dark", () => {
    for (const [, xml] of drawn) {
      expect(parseXml(xml)[0]).toMatchObject({
        name: "svg",
        attributes: { xmlns: "http://www.w3.org/2000/svg" },
      });
      expect(xml).toContain("prefers-color-scheme: dark");
    }
    expect(drawPlots([...rows, percentile, throughput])).toEqual(drawn);
  });
});
