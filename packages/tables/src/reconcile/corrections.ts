import { toError } from "@heddle/contracts";
import { TableError } from "../table-error.ts";

/** The corrections of one `prune`. One that fails holds up no other. */
export interface Corrections {
  /** Corrects one item after the other. Never rejects. */
  each<T>(items: Iterable<T>, correct: (item: T) => unknown): Promise<void>;
  /** Counts corrections that were made some other way, and takes the errors of those that failed. */
  add(count: number, errors: Iterable<Error>): void;
  /**
   * To be called in the end.
   *
   * @throws {TableError} `prune-failed` when some failed: how many, and why the first did
   */
  end(): void;
}

/**
 * @param name - what is corrected, in the plural: `routes`
 */
export function createCorrections(name: string): Corrections {
  return new CountedCorrections(name);
}

class CountedCorrections implements Corrections {
  readonly #name: string;
  readonly #errors: Error[] = [];
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  async each<T>(items: Iterable<T>, correct: (item: T) => unknown): Promise<void> {
    for (const item of items) {
      this.#count++;
      try {
        await correct(item);
      } catch (thrown) {
        this.#errors.push(toError(thrown));
      }
    }
  }

  add(count: number, errors: Iterable<Error>): void {
    this.#count += count;
    this.#errors.push(...errors);
  }

  end(): void {
    const [first] = this.#errors;
    if (first === undefined) return;
    const failed = `${String(this.#errors.length)} of ${String(this.#count)} corrections failed`;
    throw new TableError({
      code: "prune-failed",
      operation: "prune",
      subject: this.#name,
      reason: `${failed}, the first: ${first.message}`,
      cause: this.#errors.length === 1 ? first : new AggregateError(this.#errors),
    });
  }
}
