import type { ProblemCode } from "./problem.ts";

/** The way from an object's root to a field: names of fields, keys of maps, positions in lists. */
export type Path = readonly (number | string)[];

/** A problem before it is known which file the text came from. */
export interface Finding {
  readonly code: ProblemCode;
  /** Where in the text, in UTF-16 code units from its beginning. */
  readonly offset: number;
  readonly path: Path;
  readonly reason: string;
  readonly hint?: string | undefined;
}

export type Report = (finding: Finding) => void;

/** The path as kubectl writes it: `spec.containers[0].image`; a key that is no name is quoted. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${String(step)}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
