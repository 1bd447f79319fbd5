import { throws } from "node:assert/strict";
import { BpfError, type BpfErrorCode } from "./errors.ts";

/** What makes a map may take its time, as the kernel does. */
export type MaybePromise<T> = T | Promise<T>;

/** One thing that a map must do; `run` throws, or rejects, when it does not. */
export interface ContractCase<Factory> {
  readonly name: string;
  readonly run: (create: Factory) => Promise<void>;
}

export function throwsCode(code: BpfErrorCode, action: () => unknown): void {
  throws(action, (error) => error instanceof BpfError && error.code === code);
}
