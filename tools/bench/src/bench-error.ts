import { CodedError } from "@heddle/contracts";

/** `bad-option`: of the command line; `bad-results`: a folder of results is missing or damaged. */
export type BenchErrorCode = "bad-option" | "bad-results";

/** What keeps the benchmark from doing what it is asked to. */
export class BenchError extends CodedError<BenchErrorCode> {}
