import { toError } from "@heddle/contracts";
import { hold } from "./publication.ts";
import { TableError } from "./table-error.ts";

/** A table as a transaction sees it. */
export interface Participant {
  /** Publishes what changed since the table joined. */
  commit(): void;
  /** Brings back what was there when the table joined. */
  rollback(): void;
}

interface Open {
  readonly participants: Set<Participant>;
  /** The error of a nested transaction, after which the outer one cannot succeed. */
  failure: unknown;
}

let open: Open | undefined;

/**
 * Makes all writes to tables inside `body` one step: readers and subscribers see none or all of them,
 * over any number of tables. A key that is written several times is published once, with its last value;
 * one that ends where it began is not published.
 *
 * `body` itself sees its own writes. When it throws, everything is as it was before, and nothing is
 * published. A transaction inside another is part of the outer one, and fails it by failing.
 * Only writes to tables take part: what else `body` does, as publishing an event or calling a service, is
 * not undone.
 *
 * @throws {TableError} `transaction-async` when `body` returns a promise; `transaction-aborted` when it
 * swallowed the error of a transaction inside it
 */
export function transaction<T>(body: () => T): T {
  return open === undefined ? runOuter(body) : runInner(open, body);
}

/** Registers the table with the open transaction. Whether there is one. */
export function joinTransaction(table: Participant): boolean {
  open?.participants.add(table);
  return open !== undefined;
}

/**
 * For what a transaction could not undo.
 *
 * @throws {TableError} `transaction-open`
 */
export function refuseInTransaction(operation: string): void {
  if (open === undefined) return;
  throw new TableError({
    code: "transaction-open",
    operation,
    subject: "in a transaction",
    reason: "it could not be undone if the transaction failed",
    hint: "do it before the transaction, or after it",
  });
}

function runOuter<T>(body: () => T): T {
  return hold(() => {
    const opened: Open = { participants: new Set(), failure: undefined };
    open = opened;
    try {
      const result = runInner(opened, body);
      if (opened.failure !== undefined) throw aborted(opened.failure);
      open = undefined;
      for (const table of opened.participants) table.commit();
      return result;
    } catch (error) {
      open = undefined;
      for (const table of opened.participants) table.rollback();
      throw error;
    }
  });
}

function runInner<T>(outer: Open, body: () => T): T {
  try {
    const result = body();
    if (isPromiseLike(result)) throw asynchronous();
    return result;
  } catch (error) {
    outer.failure ??= error ?? new Error("undefined was thrown");
    throw error;
  }
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}

function asynchronous(): TableError {
  return new TableError({
    code: "transaction-async",
    operation: "run transaction",
    subject: "body",
    reason: "it returned a promise, and a transaction ends when its body returns",
    hint: "await first, then write inside a synchronous body",
  });
}

function aborted(cause: unknown): TableError {
  return new TableError({
    code: "transaction-aborted",
    operation: "commit transaction",
    subject: "body",
    reason: `it went on after a transaction inside it had failed: ${toError(cause).message}`,
    hint: "let the inner error pass, or do the inner part without a transaction",
    cause,
  });
}
