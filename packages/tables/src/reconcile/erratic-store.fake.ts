import type { Store } from "./store-target.ts";

/** How the next operations of a store fail. */
export interface Trouble {
  readonly times: number;
  /** Whether what they were to do was done all the same. */
  readonly late: boolean;
}

/** A store whose operations end when the test says so, and fail as often as it says. */
export class ErraticStore implements Store<string, number> {
  readonly held: Map<string, number> = new Map();
  readonly open: (() => void)[] = [];
  /** Tells of each write that was done; undefined is a delete. */
  readonly #applied: (key: string, value: number | undefined) => void;
  readonly #sync: boolean;
  #failures = 0;
  #late = false;
  setMany?: (entries: Iterable<readonly [string, number]>) => Promise<void>;
  deleteMany?: (keys: Iterable<string>) => Promise<void>;

  constructor(
    how: { readonly sync: boolean; readonly many: boolean },
    applied: (key: string, value: number | undefined) => void,
  ) {
    this.#sync = how.sync;
    this.#applied = applied;
    if (!how.many) return;
    this.setMany = async (entries) => {
      for (const [key, value] of entries) await this.set(key, value);
    };
    this.deleteMany = async (keys) => {
      for (const key of keys) await this.delete(key);
    };
  }

  fail({ times, late }: Trouble): void {
    this.#failures = times;
    this.#late = late;
  }

  set(key: string, value: number): void | Promise<void> {
    return this.#do(() => {
      this.held.set(key, value);
      this.#applied(key, value);
    });
  }

  delete(key: string): void | Promise<void> {
    return this.#do(() => {
      this.held.delete(key);
      this.#applied(key, undefined);
    });
  }

  async *entries(): AsyncGenerator<readonly [string, number]> {
    await this.#do(() => undefined);
    yield* new Map(this.held);
  }

  #do(apply: () => void): void | Promise<void> {
    const run = () => {
      const fails = this.#failures-- > 0;
      if (!fails || this.#late) apply();
      if (fails) throw new Error("erratic");
    };
    return this.#sync ? run() : this.#later(run);
  }

  async #later(run: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.open.push(resolve);
    });
    run();
  }
}
