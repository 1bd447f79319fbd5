import type { Colour, Paint } from "../paint.ts";
import { formatTable } from "../table.ts";
import type { Diagnosis } from "./examine.ts";
import type { Finding } from "./finding.ts";

const colours: Readonly<Record<Finding["level"], Colour>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
};

/** The diagnoses as a table, with each fix below what it fixes, and their number. */
export function formatDiagnoses(diagnoses: readonly Diagnosis[], paint: Paint): string {
  const table = formatTable(diagnoses, {
    level: ({ level }) => paint(colours[level], level),
    check: ({ check }) => check,
    finding: ({ reason }) => reason,
  });
  const [headings = "", ...lines] = table.split("\n");
  const indent = " ".repeat(headings.indexOf("FINDING"));
  const rows = diagnoses.map((diagnosis, index) => {
    const line = lines[index] ?? "";
    return diagnosis.level === "ok" ? line : `${line}\n${indent}fix: ${diagnosis.fix}`;
  });
  return [headings, ...rows, "", summary(diagnoses)].join("\n");
}

function summary(diagnoses: readonly Diagnosis[]): string {
  const count = (wanted: Finding["level"]) =>
    String(diagnoses.filter(({ level }) => level === wanted).length);
  return `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} failed`;
}
