import fc from "fast-check";
import { expect, it } from "vitest";
import { formatReportLine, parseReportLine } from "./report-line.ts";

it("is read as it was written", () => {
  const report = fc.record({
    measure: fc.string(),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  });
  fc.assert(
    fc.property(report, (line) => {
      expect(parseReportLine(formatReportLine(line))).toEqual(JSON.parse(JSON.stringify(line)));
    }),
  );
});

it.each([
  "",
  "12",
  "null",
  '{"measure":"time"}',
  '{"measure":1,"value":2}',
  '{"measure":"a","value":null}',
])("refuses %j", (line) => {
  expect(() => parseReportLine(line)).toThrow(`${JSON.stringify(line)} is no`);
});
