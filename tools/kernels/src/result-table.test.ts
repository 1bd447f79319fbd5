import { describe, expect, it } from "vitest";
import { type GuestRecord, parseRecords } from "./records.ts";
import { describeResults, failuresOf } from "./result-table.ts";
import type { KernelResult } from "./run-kernel.ts";

const link = "packages/libbpf-napi/src/link.kernel.test.ts";
const gateway = "bpf/tests/gateway.kernel.test.ts";

function test(
  file: string,
  name: string,
  state: "passed" | "skipped" | "failed",
  reason = "",
): GuestRecord {
  return { type: "test", file, name, state, reason, milliseconds: 1 };
}

function result(version: string, suite: string, ...records: readonly GuestRecord[]): KernelResult {
  const kernel = { suite, version, packages: [] };
  return { name: version, kernel, records, failure: "", faults: [] };
}

describe("records", () => {
  it("are read line by line, but for what is cut short or no record", () => {
    const records = [
      { type: "start", release: "6.1.0" },
      test(link, "attaches", "passed"),
      { type: "module", file: gateway, reason: "no object" },
      { type: "end", reason: "" },
    ];
    const lines = records.map((record) => JSON.stringify(record));
    const text = [...lines, '"text"', "[]", "", '{"type":"test","fi'].join("\r\n");
    expect(parseRecords(text)).toEqual(records);
  });
});

describe("the table", () => {
  const old = result(
    "6.1.176-1",
    "bookworm",
    test(link, "a tcx link > attaches", "skipped", "no tcx, which came with Linux 6.6"),
    test(link, "an XDP link > attaches", "passed"),
    { type: "module", file: gateway, reason: "VerifierError: no\nat x" },
    { type: "end", reason: "" },
  );
  const fresh = result(
    "7.3.4-1",
    "sid",
    test(link, "a tcx link > attaches", "passed"),
    test(link, "an XDP link > attaches", "failed", "AssertionError: no\n  at y"),
    test(gateway, "answers", "passed"),
    { type: "end", reason: "" },
  );

  it("has a row per file and a column per kernel, then the exceptions by their reasons", () => {
    expect(describeResults([old, fresh]).split("\n")).toEqual([
      "| tests of | 6.1.176-1 (bookworm) | 7.3.4-1 (sid) |",
      "| --- | --- | --- |",
      `| [bpf: gateway](../../${gateway}) | fails | 1 passed |`,
      `| [libbpf-napi: link](../../${link}) | 1 passed, 1 skipped | 1 passed, 1 failed |`,
      "",
      "## What is skipped",
      "",
      "In 6.1.176-1: no tcx, which came with Linux 6.6",
      "",
      `- [libbpf-napi: link](../../${link}): a tcx link > attaches`,
      "",
      "## What fails",
      "",
      "In 7.3.4-1: AssertionError: no",
      "",
      `- [libbpf-napi: link](../../${link}): an XDP link > attaches`,
    ]);
  });

  it("says of a file that no kernel came to", () => {
    expect(describeResults([fresh, result("6.12", "trixie")])).toContain("| 1 passed | not run |");
  });

  it("failures are told in full, those of the machine last", () => {
    expect(failuresOf(old)).toEqual([`${gateway}: VerifierError: no\nat x`]);
    expect(failuresOf({ ...fresh, failure: "the machine timed out" })).toEqual([
      `${link}: an XDP link > attaches: AssertionError: no\n  at y`,
      "the machine timed out",
    ]);
  });
});
