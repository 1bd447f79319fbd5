import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCsv, parseCsv } from "./csv.ts";

describe("a table", () => {
  it("is read as it was written", () => {
    const cell = fc.oneof(fc.string(), fc.constantFrom('"', ",", "\n", '","', "\r\n", ""));
    const table = fc
      .uniqueArray(
        fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
        { minLength: 1, maxLength: 5 },
      )
      .chain((header) =>
        fc.tuple(
          fc.constant(header),
          fc.array(fc.array(cell, { minLength: header.length, maxLength: header.length })),
        ),
      );
    fc.assert(
      fc.property(table, ([header, rows]) => {
        expect(parseCsv(formatCsv(header, rows))).toEqual(
          rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]]))),
        );
      }),
    );
  });

  it("is text with quotes where they are needed", () => {
    const rows = [
      [1, undefined],
      ['say "a, b"', 0.5],
    ];
    expect(formatCsv(["x", "y"], rows)).toBe('x,y\n1,\n"say ""a, b""",0.5\n');
  });

  it("is read without a line feed at its end", () => {
    expect(parseCsv("x,y\n1,")).toEqual([{ x: "1", y: "" }]);
  });

  it.each([
    ["x,y\n1\n", "row 2 has 1 cells, and the header 2"],
    ['x\n"1\n', "there is a stray quote near character 2"],
    ['x\n1"\n', "there is a stray quote near character 2"],
  ])("%j is refused", (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });
});
