/** A number that a measurement tells, as one line of JSON. */
export interface ReportLine {
  /** The measure's name. */
  readonly measure: string;
  readonly value: number;
}

export function formatReportLine({ measure, value }: ReportLine): string {
  return JSON.stringify({ measure, value });
}

/** Reads a line that a measurement wrote. @throws when it is none */
export function parseReportLine(line: string): ReportLine {
  const report = parsed(line);
  if (isReportLine(report)) return report;
  throw new Error(
    `read report of a measurement: ${JSON.stringify(line)} is no {"measure":"...","value":n}`,
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isReportLine(report: unknown): report is ReportLine {
  return (
    typeof report === "object" &&
    report !== null &&
    "measure" in report &&
    typeof report.measure === "string" &&
    "value" in report &&
    typeof report.value === "number" &&
    Number.isFinite(report.value)
  );
}
