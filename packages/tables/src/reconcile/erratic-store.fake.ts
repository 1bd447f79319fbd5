import type { Store } from "./store-target.ts";

/** How the next operations of a store fail. */
export interface Trouble {
  readonly times: number;
  /** Whether what they were to do was done all the same. */
  readonly late: boolean;
}

/** What a process has of the store. Once it is cut off, as when the process ends, nothing more comes of it. */
export interface Connection extends Store<string, number> {
  cut(): void;
}

/** A store whose operations end when the test says so, and fail as often as it says. */
export class ErraticStore {
  readonly held: Map<string, number> = new Map();
  readonly open: (() => void)[] = [];
  readonly #how: { readonly sync: boolean; readonly many: boolean };
  /** Tells of each write that was done; undefined is a delete. */
  readonly #applied: (key: string, value: number | undefined) => void;
  #failures = 0;
  #late = false;

  constructor(
    how: { readonly sync: boolean; readonly many: boolean },
    applied: (key: string, value: number | undefined) => void,
  ) {
    this.#how = how;
    this.#applied = applied;
  }

  fail({ times, late }: Trouble): void {
    this.#failures = times;
    this.#late = late;
  }

  connect(): Connection {
    const line = { isCut: false };
    const set = (key: string, value: number) => (line.isCut ? never : this.#set(key, value));
    const remove = (key: string) => (line.isCut ? never : this.#delete(key));
    const one: Connection = {
      set,
      delete: remove,
      entries: () => this.#entries(),
      cut: () => void (line.isCut = true),
    };
    if (!this.#how.many) return one;
    return {
      ...one,
      setMany: async (entries) => {
        for (const [key, value] of entries) await set(key, value);
      },
      deleteMany: async (keys) => {
        for (const key of keys) await remove(key);
      },
    };
  }

  #set(key: string, value: number): void | Promise<void> {
    return this.#do(() => {
      this.held.set(key, value);
      this.#applied(key, value);
    });
  }

  #delete(key: string): void | Promise<void> {
    return this.#do(() => {
      this.held.delete(key);
      this.#applied(key, undefined);
    });
  }

  async *#entries(): AsyncGenerator<readonly [string, number]> {
    await this.#do(() => undefined);
    yield* new Map(this.held);
  }

  #do(apply: () => void): void | Promise<void> {
    const run = () => {
      const fails = this.#failures-- > 0;
      if (!fails || this.#late) apply();
      if (fails) throw new Error("erratic");
    };
    return this.#how.sync ? run() : this.#later(run);
  }

  async #later(run: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.open.push(resolve);
    });
    run();
  }
}

const never: Promise<never> = new Promise(() => undefined);
