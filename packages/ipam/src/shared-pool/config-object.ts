import { IpamError } from "../ipam-error.ts";
import type { StoredObject } from "../store/object-store.ts";
import { pause } from "./pause.ts";
import type { PoolView } from "./pool-view.ts";
import type { SharedPoolDeps } from "./shared-pool.ts";
import type { SharedConfig } from "./shared-records.ts";

/** The object that says what a pool hands out. */
export class ConfigObject {
  readonly #deps: SharedPoolDeps;
  readonly #name: string;
  readonly #view: PoolView;

  constructor(deps: SharedPoolDeps, name: string, view: PoolView) {
    this.#deps = deps;
    this.#name = name;
    this.#view = view;
  }

  /** Whoever is first decides what the pool begins with. */
  async begin(initial: SharedConfig): Promise<void> {
    const { configs } = this.#deps;
    if ((await configs.get(this.#name)) === undefined) await configs.create(this.#name, initial);
    await this.read();
  }

  /** What the store has now, which the view knows from then on. */
  async read(): Promise<SharedConfig> {
    const { value } = await this.#get();
    this.#view.configure(value);
    return value;
  }

  /** Writes what follows from what is there, as often as somebody else is quicker. */
  async change(next: (config: SharedConfig) => Promise<SharedConfig>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      await pause(this.#deps, attempt);
      // oxlint-disable-next-line no-await-in-loop
      const { name, version, value } = await this.#get();
      // oxlint-disable-next-line no-await-in-loop
      const written = await this.#deps.configs.update(name, version, await next(value));
      if (written === "conflict") continue;
      this.#view.configure(written.value);
      return;
    }
  }

  async #get(): Promise<StoredObject<SharedConfig>> {
    const object = await this.#deps.configs.get(this.#name);
    if (object !== undefined) return object;
    throw new IpamError({
      code: "unknown-pool",
      operation: "find cluster pool",
      subject: this.#name,
      reason: "the store has no configuration of this name",
      hint: "start the pool, which makes one",
    });
  }
}
