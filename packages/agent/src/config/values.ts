import { type IpPrefix, logLevels, parsePrefix, toError } from "@heddle/contracts";
import * as v from "valibot";

/** How one kind of value is read, from YAML or from a command line. */
export interface ValueKind<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** How the value is written on a command line: `NUMBER`. */
  readonly placeholder: string;
}

/** An absolute path. */
export const path: ValueKind<string> = {
  placeholder: "PATH",
  schema: v.pipe(v.string("not a text"), v.startsWith("/", "not an absolute path")),
};

const nameSchema = v.pipe(v.string("not a text"), v.regex(/^\S+$/, "empty, or with white space"));

/** A name without white space. */
export const name: ValueKind<string> = { placeholder: "NAME", schema: nameSchema };

/** A list of names: in YAML a list, on the command line separated by commas. */
export const names: ValueKind<readonly string[]> = {
  placeholder: "NAME,...",
  schema: v.pipe(
    v.unknown(),
    v.transform((input) => (typeof input === "string" ? splitList(input) : input)),
    v.array(nameSchema, "not a list of names"),
    v.readonly(),
  ),
};

/** A list of prefixes: in YAML a list, on the command line separated by commas. */
export const prefixes: ValueKind<readonly IpPrefix[]> = {
  placeholder: "PREFIX,...",
  schema: v.pipe(
    v.unknown(),
    v.transform((input) => (typeof input === "string" ? splitList(input) : input)),
    v.array(v.string("not a prefix"), "not a list of prefixes"),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return dataset.value.map(parsePrefix);
      } catch (error) {
        addIssue({ message: `not a list of prefixes: ${toError(error).message}` });
        return NEVER;
      }
    }),
    v.readonly(),
  ),
};

/** An integer from `low` to `high`. */
export function count(low: number, high: number): ValueKind<number> {
  const range = `not a number from ${String(low)} to ${String(high)}`;
  return {
    placeholder: "NUMBER",
    schema: v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(/^[0-9]+$/, range))], range),
      v.transform(Number),
      v.integer(range),
      v.minValue(low, range),
      v.maxValue(high, range),
    ),
  };
}

/** One of several words. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueKind<T> {
  return {
    placeholder: words.join("|"),
    schema: v.picklist(words, `not one of ${words.join(", ")}`),
  };
}

/** How much is logged. */
export const logLevel: ValueKind<(typeof logLevels)[number]> = oneOf(...logLevels);

function splitList(text: string): string[] {
  return text.split(",").filter((item) => item !== "");
}
