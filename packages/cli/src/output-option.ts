import { type Command, Option } from "commander";

/** How a command prints what it found. */
export interface OutputOptions {
  readonly output: "table" | "json";
}

/** Adds `-o json`. */
export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <FORMAT>", "How it is printed.")
      .choices(["table", "json"])
      .default("table"),
  );
}

/** A value as JSON for people and programs: indented, 64-bit numbers as decimal texts. */
export function jsonDocument(value: unknown): string {
  return JSON.stringify(value, plain, 2);
}

/** A value as one line of JSON. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, plain);
}

function plain(_key: string, item: unknown): unknown {
  if (typeof item === "bigint") return item.toString();
  return item instanceof Uint8Array ? Buffer.from(item).toString("hex") : item;
}
