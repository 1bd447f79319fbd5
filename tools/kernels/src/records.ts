/** What the emulated machine reports, a line of JSON each. */
export type GuestRecord =
  /** The tests begin; `release` is the kernel's, as `uname -r` prints it. */
  | { readonly type: "start"; readonly release: string }
  | TestRecord
  /** A test file that failed outside of its tests. */
  | { readonly type: "module"; readonly file: string; readonly reason: string }
  /** The tests are over. `reason` has the errors that belong to no test. */
  | { readonly type: "end"; readonly reason: string };

export interface TestRecord {
  readonly type: "test";
  /** Path of the test file in the repository. */
  readonly file: string;
  /** With the names of the groups that it is in. */
  readonly name: string;
  readonly state: "passed" | "skipped" | "failed";
  /** Why it was skipped or what failed; empty when it passed. */
  readonly reason: string;
  readonly milliseconds: number;
}

/** What the port had in it. A line that was cut short, by a kernel that stopped, is left out. */
export function parseRecords(text: string): readonly GuestRecord[] {
  return text.split("\n").flatMap((line) => parseRecord(line) ?? []);
}

function parseRecord(line: string): GuestRecord | undefined {
  const fields = parseFields(line);
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === "string" ? value : "";
  };
  switch (fields["type"]) {
    case "start":
      return { type: "start", release: text("release") };
    case "module":
      return { type: "module", file: text("file"), reason: text("reason") };
    case "end":
      return { type: "end", reason: text("reason") };
    case "test":
      return {
        type: "test",
        file: text("file"),
        name: text("name"),
        state: stateOf(text("state")),
        reason: text("reason"),
        milliseconds: Number(fields["milliseconds"]),
      };
    default:
      return undefined;
  }
}

function stateOf(text: string): TestRecord["state"] {
  return text === "passed" || text === "skipped" ? text : "failed";
}

function parseFields(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
