import { CodedError, type ErrorParts } from "@heddle/contracts";

/** A place in a text; line and column count from 1. */
export interface SourceLocation {
  /** The file's name as it was given to whoever read it. */
  readonly file: string;
  readonly line: number;
  /** In UTF-16 code units. */
  readonly column: number;
}

/** `file:line:column`, as compilers write it. */
export function formatLocation({ column, file, line }: SourceLocation): string {
  return `${file}:${String(line)}:${String(column)}`;
}

export type ProblemCode =
  /** Not YAML, or YAML that Kubernetes does not understand: a tag, an endless alias. */
  | "malformed-yaml"
  | "duplicate-key"
  /** A kind or version that is not one of Kubernetes, or that the reader did not ask for. */
  | "unsupported-kind"
  | "unknown-field"
  | "wrong-type"
  | "missing-field"
  /** Of the right type, but not what the API server would accept. */
  | "invalid-value"
  /** Defined twice. */
  | "duplicate-object"
  /** A file or folder that cannot be read. */
  | "unreadable"
  /** A folder that can be read but not watched. */
  | "unwatchable";

/** Why a source does not give an object that it was meant to give. A value, so that the rest goes on. */
export interface SourceProblem extends ErrorParts<ProblemCode> {
  /** Where it is, for what was read from a text; then `subject` is that place as `file:line:column`. */
  readonly location?: SourceLocation;
  /** The field, for a problem within an object: `spec.containers[0].imagee`. */
  readonly path?: string;
}

/** One line for people: `web.yaml:7:9: spec.containers[0].imagee: unknown field (did you mean `image`?)`. */
export function formatProblem(problem: SourceProblem): string {
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  return `${problem.subject}: ${reasonWithPath(problem)}${hint}`;
}

/** A problem as an exception, for a program that cannot go on without the object. */
export class ManifestError extends CodedError<ProblemCode> {
  readonly problem: SourceProblem;

  constructor(problem: SourceProblem) {
    super({ ...problem, reason: reasonWithPath(problem) });
    this.problem = problem;
  }
}

function reasonWithPath({ path, reason }: SourceProblem): string {
  return path === undefined || path === "" ? reason : `${path}: ${reason}`;
}
