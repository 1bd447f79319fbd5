import { isDeepStrictEqual } from "node:util";
import {
  type Health,
  ipFamilies,
  type IpFamily,
  type IpPrefix,
  silentLogger,
  type StateStream,
  toError,
} from "@heddle/contracts";
import { createState } from "@heddle/tables";
import type { Subscription } from "rxjs";
import type { Allocation } from "../allocation.ts";
import { IpamError } from "../ipam-error.ts";
import type { PrefixSupply, PrefixSupplyDeps, PrefixSupplyOptions } from "./prefix-supply.ts";
import { describeNeeds, type FamilyNeeds, isShort, needsOf, superfluous } from "./supply-needs.ts";

/** Milliseconds until the first attempt after a failure, and until the later ones at most. */
const firstRetry = 1000;
const longestRetry = 60_000;

/** An owner who waits for a further prefix. */
interface Waiter {
  readonly owner: string;
  readonly families: readonly IpFamily[];
  readonly resolve: (allocation: Allocation) => void;
  readonly reject: (error: unknown) => void;
}

export class SupplyLoop implements PrefixSupply {
  readonly #deps: PrefixSupplyDeps;
  readonly #families: readonly IpFamily[];
  readonly #preAllocate: number;
  readonly #releaseAfter: number;
  readonly #waiters = new Set<Waiter>();
  readonly #superfluousSince = new Map<IpPrefix, number>();
  readonly #health = createState<Health>(
    { level: "starting", message: "waiting for the prefixes of the node" },
    { equals: isDeepStrictEqual },
  );
  #subscription: Subscription | undefined;
  #timer: Disposable | undefined;
  /** Resolves when the loop has come to rest. */
  #running: Promise<void> | undefined;
  #isDirty = false;
  #isClosed = false;
  /** Whether what the node has may be something else than what the pool has. */
  #isUnsure = true;
  #failures = 0;
  /** When the next attempt is due after a failure, on the monotonic clock. */
  #retryAt = 0;

  constructor(deps: PrefixSupplyDeps, options: PrefixSupplyOptions) {
    const { families, preAllocate = 8, releaseAfter = 60_000 } = options;
    checkNumber("preAllocate", preAllocate);
    checkNumber("releaseAfter", releaseAfter);
    this.#deps = deps;
    this.#families = ipFamilies.filter((family) => families.includes(family));
    this.#preAllocate = preAllocate;
    this.#releaseAfter = releaseAfter;
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  async start(): Promise<void> {
    await this.#adopt();
    this.#subscription = this.#deps.ipam.usage$.subscribe(() => this.#wake());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    this.#timer?.[Symbol.dispose]();
    await this.#running;
    for (const { owner, reject } of this.#waiters) reject(closed(owner));
    this.#waiters.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async allocate(owner: string, families: readonly IpFamily[]): Promise<Allocation> {
    if (this.#isClosed) throw closed(owner);
    try {
      return this.#deps.ipam.allocate(owner, families);
    } catch (error) {
      if (!isLack(error) || families.some((family) => !this.#families.includes(family))) {
        throw error;
      }
    }
    const { promise, resolve, reject } = Promise.withResolvers<Allocation>();
    this.#waiters.add({ owner, families, resolve, reject });
    this.#wake();
    return promise;
  }

  #wake(): void {
    this.#isDirty = true;
    if (this.#isClosed) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#isDirty && !this.#isClosed) {
      this.#isDirty = false;
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await this.#attempt();
    }
  }

  /** One step towards the state in which nothing is short and nothing superfluous. */
  async #attempt(): Promise<void> {
    // While the source fails, what happens in the pool is no reason to ask it again and again; an owner who waits is.
    if (this.#deps.clock.monotonic() < this.#retryAt && this.#waiters.size === 0) return;
    this.#timer?.[Symbol.dispose]();
    try {
      if (this.#isUnsure) await this.#adopt();
      if (await this.#step()) this.#isDirty = true;
      this.#failures = 0;
      this.#retryAt = 0;
      this.#tell();
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  /** Whether something was done. */
  async #step(): Promise<boolean> {
    this.#serve();
    const needs = this.#needs();
    const short = needs.filter(isShort).map(({ family }) => family);
    if (short.length > 0) {
      await this.#acquire(short);
      return true;
    }
    return this.#giveBack(needs);
  }

  /** Both families together; what there is of one, where the other has nothing left. */
  async #acquire(families: readonly IpFamily[]): Promise<void> {
    const { source } = this.#deps;
    try {
      this.#add(await source.acquire(families));
      this.#serve();
    } catch (error) {
      if (!isLack(error) || families.length === 1) throw error;
      const results = await Promise.allSettled(families.map((family) => source.acquire([family])));
      for (const result of results) if (result.status === "fulfilled") this.#add(result.value);
      this.#serve();
      throw error;
    }
  }

  /** The pool gets what the node has, and gives nothing more of what it has not. */
  async #adopt(): Promise<void> {
    const { ipam, source, logger = silentLogger } = this.#deps;
    const held = await source.held();
    this.#isUnsure = false;
    this.#add(held);
    for (const { prefix, draining } of ipam.usage$.value) {
      if (draining || held.includes(prefix)) continue;
      logger.error("prefix is not the node's any more; it is drained", { prefix });
      ipam.drainPrefix(prefix);
    }
  }

  #add(prefixes: readonly IpPrefix[]): void {
    const { ipam, logger = silentLogger } = this.#deps;
    const there = new Set(
      ipam.usage$.value.filter(({ draining }) => !draining).map(({ prefix }) => prefix),
    );
    for (const prefix of new Set(prefixes).difference(there)) {
      ipam.addPrefix(prefix);
      logger.info("prefix added", { prefix });
    }
  }

  async #giveBack(needs: readonly FamilyNeeds[]): Promise<boolean> {
    const { ipam, source, clock, logger = silentLogger } = this.#deps;
    const now = clock.monotonic();
    const due = this.#superfluous(needs, now);
    const [first] = due.toSorted((one, other) => one.at - other.at);
    if (first === undefined) return false;
    if (first.at > now) {
      this.#schedule(first.at - now);
      return false;
    }
    // From here on nobody gets an address of it, also when the source fails.
    ipam.removePrefix(first.prefix);
    this.#superfluousSince.delete(first.prefix);
    await source.release(first.prefix);
    logger.info("prefix given back", { prefix: first.prefix });
    return true;
  }

  /** What is superfluous, and when it will have been so for long enough. */
  #superfluous(
    needs: readonly FamilyNeeds[],
    now: number,
  ): readonly { readonly prefix: IpPrefix; readonly at: number }[] {
    const prefixes = new Set(needs.flatMap((one) => superfluous(one) ?? []));
    for (const prefix of this.#superfluousSince.keys()) {
      if (!prefixes.has(prefix)) this.#superfluousSince.delete(prefix);
    }
    return Array.from(prefixes, (prefix) => {
      const since = this.#superfluousSince.get(prefix) ?? now;
      this.#superfluousSince.set(prefix, since);
      return { prefix, at: since + this.#releaseAfter };
    });
  }

  #needs(): readonly FamilyNeeds[] {
    const usage = this.#deps.ipam.usage$.value;
    return this.#families.map((family) => {
      const waiting = [...this.#waiters].filter(({ families }) => families.includes(family));
      return needsOf(family, usage, waiting.length, this.#preAllocate);
    });
  }

  /** Gives those who wait what there is now. */
  #serve(): void {
    for (const waiter of this.#waiters) {
      try {
        waiter.resolve(this.#deps.ipam.allocate(waiter.owner, waiter.families));
      } catch (error) {
        if (isLack(error)) continue;
        waiter.reject(error);
      }
      this.#waiters.delete(waiter);
    }
  }

  #tell(): void {
    const needs = this.#needs();
    if (needs.some(isShort)) return;
    this.#health.set({ level: "ok", message: needs.map(describeNeeds).join("; ") });
  }

  /** Nobody waits for what there is nothing of. Whether it is there later is tried again and again. */
  #fail(error: Error): void {
    const { logger = silentLogger, random = Math.random } = this.#deps;
    this.#isUnsure = true;
    this.#health.set({ level: "degraded", message: error.message });
    logger.warn("prefixes cannot be supplied", { error: error.message });
    if (error instanceof IpamError) {
      for (const { reject } of this.#waiters) reject(error);
      this.#waiters.clear();
    }
    const longest = Math.min(longestRetry, firstRetry * 2 ** this.#failures++);
    const delay = (longest * (1 + random())) / 2;
    this.#retryAt = this.#deps.clock.monotonic() + delay;
    this.#schedule(delay);
  }

  #schedule(delay: number): void {
    if (!this.#isClosed) this.#timer = this.#deps.clock.schedule(delay, () => this.#wake());
  }
}

function isLack(error: unknown): boolean {
  return error instanceof IpamError && (error.code === "exhausted" || error.code === "no-prefix");
}

function closed(owner: string): IpamError {
  return new IpamError({
    code: "supply-closed",
    operation: "allocate addresses for",
    subject: owner,
    reason: "the supply of prefixes is closed",
  });
}

function checkNumber(name: string, value: number): void {
  if (value >= 0 && (name !== "preAllocate" || Number.isInteger(value))) return;
  throw new IpamError({
    code: "invalid-option",
    operation: "supply prefixes with",
    subject: name,
    reason: `it is ${String(value)}, not a number from 0 on`,
  });
}
