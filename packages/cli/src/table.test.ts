import { styleText } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTable, formatTableOf } from "./table.ts";

interface Row {
  readonly name: string;
  readonly size?: number | bigint | undefined;
}

const columns = { name: ({ name }: Row) => name, maxSize: ({ size }: Row) => size };

async function* inParts(...parts: readonly (readonly Row[])[]): AsyncGenerator<readonly Row[]> {
  yield* parts;
}

describe("a table", () => {
  it("has aligned columns under headings in capitals, and no white space at the end", () => {
    const rows = [{ name: "a", size: 12 }, { name: "longer", size: 3n }, { name: "" }];
    expect(formatTable<Row>(rows, columns)).toBe(
      ["NAME     MAX-SIZE", "a        12", "longer   3", "-        -"].join("\n"),
    );
  });

  it("without rows is its headings", () => {
    expect(formatTable<Row>([], columns)).toBe("NAME   MAX-SIZE");
  });

  it("has one line for each row", () => {
    expect(formatTable<Row>([{ name: "two\n  lines", size: 0 }], columns)).toBe(
      "NAME        MAX-SIZE\ntwo lines   0",
    );
  });

  it("is as wide with colours as without", () => {
    const red = styleText("red", "a", { validateStream: false });
    const [, line = ""] = formatTable<Row>([{ name: red, size: 1 }], columns).split("\n");
    expect(line.replace(red, "a")).toBe("a      1");
  });

  it("has every column at one place in all lines", () => {
    const rows = fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,12}$/), size: fc.nat() }));
    fc.assert(
      fc.property(rows, (given) => {
        const [headings = "", ...lines] = formatTable<Row>(given, columns).split("\n");
        const second = headings.indexOf("MAX-SIZE");
        expect(lines.map((line) => line.slice(second))).toEqual(
          given.map(({ size }) => String(size)),
        );
        expect(lines.map((line) => line.slice(0, second).trim())).toEqual(
          given.map(({ name }) => name),
        );
      }),
    );
  });

  it("that comes in parts has its headings once, and columns that only become wider", async () => {
    const parts = inParts(
      [{ name: "a", size: 1 }],
      [
        { name: "much longer", size: 2 },
        { name: "b", size: 3 },
      ],
      [{ name: "c", size: 4 }],
    );
    expect(await Array.fromAsync(formatTableOf(parts, columns))).toEqual([
      "NAME   MAX-SIZE\na      1",
      "much longer   2\nb             3",
      "c             4",
    ]);
    expect(await Array.fromAsync(formatTableOf(inParts(), columns))).toEqual(["NAME   MAX-SIZE"]);
  });
});
