import { type Change, type Health, type StateStream, toError } from "@heddle/contracts";
import type { Subscription } from "rxjs";
import { type Derived, isFailure } from "../failure.ts";
import { HashTrie } from "../hash-trie.ts";
import type { Held, Key } from "../snapshot.ts";
import { createState, type MutableState } from "../state.ts";
import type { Table } from "../table.ts";
import { assessHealth } from "./assess-health.ts";
import { createDesiredSet } from "./desired-set.ts";
import type { KeyOperation, KeyStatus } from "./key-status.ts";
import { Ledger } from "./ledger.ts";
import { PruneSchedule } from "./prune-schedule.ts";
import { type Gauges, Meter, type ReconcileMetrics } from "./metrics.ts";
import type { Reconciler, ReconcilerDeps, Settings } from "./reconciler.ts";
import { RefreshSchedule } from "./refresh-schedule.ts";
import { TargetCalls } from "./target-calls.ts";
import { closedError, Waiters } from "./waiters.ts";
import { WorkQueue } from "../work-queue.ts";

export class TargetReconciler<K extends Key, V> implements Reconciler<K> {
  readonly #deps: ReconcilerDeps<K, V>;
  readonly #settings: Settings;
  readonly #ledger: Ledger<K>;
  readonly #pruning: PruneSchedule;
  readonly #refresh: RefreshSchedule<K>;
  readonly #calls: TargetCalls<K, V>;
  readonly #waiters = new Waiters();
  readonly #health: MutableState<Health>;
  readonly #desired = new HashTrie<K, Derived<V>>();
  readonly #work = new WorkQueue<K, Held<Derived<V>> | undefined>();
  /** Keys with an operation in flight; true when something else is desired since it began. */
  readonly #inFlight = new Map<K, boolean>();
  readonly #meter: Meter;
  #round: Disposable | undefined;
  #nextRoundAt = -Infinity;
  #subscription: Subscription | undefined;
  #sourceError: Error | undefined;
  #synced = false;
  #closing: Promise<void> | undefined;

  constructor(deps: ReconcilerDeps<K, V>, settings: Settings) {
    const { clock, random = Math.random } = deps;
    this.#deps = deps;
    this.#settings = settings;
    this.#meter = new Meter(() => this.#gauges());
    this.#calls = new TargetCalls(deps.target, clock, {
      settled: (key, operation, error) => this.#settled(key, operation, error),
      took: (operation, duration) => this.#meter.took(operation, duration),
      returned: () => {
        this.#proceed();
        this.#meter.publish();
      },
    });
    const ledgerDeps = { clock, policy: settings.retry, random };
    this.#ledger = new Ledger(`${settings.name} status`, this.#desired, ledgerDeps);
    this.#pruning = new PruneSchedule({
      clock,
      random,
      retry: settings.retry,
      interval: settings.pruneInterval,
      request: () => this.requestPrune(),
    });
    this.#refresh = new RefreshSchedule({
      clock,
      interval: settings.refreshInterval,
      keys: () => this.#desired.entries().map(([key]) => key),
      due: () => this.#proceed(),
    });
    this.#health = createState(this.#assess(), {
      equals: (held, given) => held.level === given.level && held.message === given.message,
    });
  }

  get status(): Table<K, KeyStatus> {
    return this.#ledger.status;
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get metrics$(): StateStream<ReconcileMetrics> {
    return this.#meter.metrics$;
  }

  start(): Promise<void> {
    if (this.#subscription !== undefined || this.#closing !== undefined) return Promise.resolve();
    this.#subscription = this.#deps.desired$.subscribe({
      next: (change) => this.#accept(change),
      error: (error: unknown) => {
        this.#sourceError = toError(error);
        this.#proceed();
      },
    });
    this.#refresh.start();
    return Promise.resolve();
  }

  requestPrune(): void {
    if (!this.#synced || this.#closing !== undefined) return;
    this.#pruning.want(this.#work.size);
    this.#proceed();
  }

  async whenSettled(): Promise<void> {
    await this.#until(() => this.#isSettled());
  }

  async whenIdle(): Promise<void> {
    await this.#until(() => this.#isIdle());
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(change: Change<K, Derived<V>>): void {
    if (change.kind === "synced") {
      this.#synced = true;
      this.#ledger.markSynced();
      this.requestPrune();
      return;
    }
    if (change.kind === "upsert") this.#desired.set(change.key, change.value);
    else if (!this.#desired.delete(change.key)) return;
    const wasTroubled = this.#ledger.failed > 0;
    this.#enqueue(change.key, change.kind === "upsert" ? change : undefined);
    // Work that is added changes nothing else but when to work.
    if (wasTroubled || this.#ledger.failed > 0) this.#proceed();
    else this.#scheduleRound();
  }

  /** Lines the key up for what is desired of it now. */
  #enqueue(key: K, desired: Held<Derived<V>> | undefined): void {
    if (this.#inFlight.has(key)) {
      this.#inFlight.set(key, true);
    } else if (desired !== undefined && isFailure(desired.value)) {
      this.#work.delete(key);
      this.#ledger.underivable(key, desired.value.error);
      return;
    } else {
      this.#work.add(key, desired);
    }
    this.#ledger.pending(key, desired === undefined ? "delete" : "update");
  }

  /** A turn of the event loop lies between a change and its operation, in which changes add up. */
  #scheduleRound(): void {
    if (this.#round !== undefined || !this.#canWork()) return;
    const { clock } = this.#deps;
    const delay = this.#nextRoundAt - clock.monotonic();
    const run = () => this.#runRound();
    this.#round = delay > 0 ? clock.schedule(delay, run) : setImmediate(run);
  }

  #canWork(): boolean {
    if (this.#closing !== undefined || this.#pruning.running) return false;
    if (this.#pruning.isNext(this.#work.size)) return this.#calls.open === 0;
    const waiting = this.#work.size > 0 || this.#refresh.active;
    return waiting && this.#calls.open < this.#settings.concurrency;
  }

  #runRound(): void {
    this.#round = undefined;
    this.#nextRoundAt = this.#deps.clock.monotonic() + this.#settings.roundInterval;
    if (!this.#pruning.isNext(this.#work.size)) this.#startOperations();
    else if (this.#calls.open === 0) void this.#prune();
    this.#proceed();
    this.#meter.publish();
  }

  #startOperations(): void {
    const { batchSize, concurrency } = this.#settings;
    for (let started = 0; started < batchSize && this.#calls.open < concurrency; started++) {
      if (this.#pruning.isNext(this.#work.size)) break;
      const next = this.#work.take() ?? this.#nextToRefresh();
      if (next === undefined) break;
      this.#pruning.countDown();
      this.#startOperation(next.key, next.work);
    }
    this.#calls.flush();
  }

  #startOperation(key: K, desired: Held<Derived<V>> | undefined): void {
    if (desired === undefined) {
      this.#inFlight.set(key, false);
      this.#calls.delete(key);
    } else if (!isFailure(desired.value)) {
      this.#inFlight.set(key, false);
      this.#calls.update(key, desired.value);
    }
  }

  #settled(key: K, operation: KeyOperation, error: Error | undefined): void {
    const changed = this.#inFlight.get(key);
    this.#inFlight.delete(key);
    this.#meter.settled(operation, error);
    if (changed === true) this.#enqueue(key, this.#desired.find(key));
    else if (error === undefined) this.#ledger.done(key, operation);
    else this.#fail(key, operation, error);
  }

  #fail(key: K, operation: KeyOperation, error: Error): void {
    if (this.#closing !== undefined) return;
    const { failures } = this.#ledger.failure(key, operation, error, () => {
      this.#work.add(key, this.#desired.find(key));
      this.#scheduleRound();
    });
    // The status tells of every attempt; the log tells of the first one, however many follow.
    const level = failures === 1 ? "warn" : "debug";
    const { name } = this.#settings;
    this.#deps.logger[level]("reconciling a key failed", { name, key, operation, failures, error });
  }

  async #prune(): Promise<void> {
    const { clock, target } = this.#deps;
    const desired = createDesiredSet(this.#desired.snapshot());
    const began = clock.monotonic();
    const error = await this.#pruning.run(() => target.prune(desired));
    this.#meter.took("prune", clock.monotonic() - began);
    this.#meter.pruned(error);
    if (error !== undefined) {
      this.#deps.logger.warn("pruning failed", { name: this.#settings.name, error });
    }
    this.#proceed();
    this.#meter.publish();
  }

  /** Does what follows from a change of the reconciler's own state. */
  #proceed(): void {
    this.#scheduleRound();
    this.#health.set(this.#assess());
    this.#waiters.check();
  }

  #assess(): Health {
    const { failed, firstFailed } = this.#ledger;
    return assessHealth({
      name: this.#settings.name,
      sourceError: this.#sourceError,
      synced: this.#synced,
      keys: this.status.size,
      failed,
      firstFailed,
      pruned: this.#pruning.succeeded,
      pruneError: this.#pruning.error,
    });
  }

  #gauges(): Gauges {
    const pending = this.#work.size + this.#inFlight.size;
    return { desired: this.#desired.size, pending, failed: this.#ledger.failed };
  }

  #isIdle(): boolean {
    return this.#gauges().pending === 0 && !this.#refresh.active && !this.#pruning.active;
  }

  #isSettled(): boolean {
    const { succeeded, error } = this.#pruning;
    return this.#isIdle() && succeeded && error === undefined && this.#ledger.failed === 0;
  }

  async #until(condition: () => boolean): Promise<void> {
    if (this.#closing !== undefined && !condition()) throw closedError(this.#settings.name);
    await this.#waiters.until(condition);
  }

  /** A key that nothing else is going to bring up to date, while there are keys to refresh. */
  #nextToRefresh(): { readonly key: K; readonly work: Held<Derived<V>> } | undefined {
    for (let key = this.#refresh.next(); key !== undefined; key = this.#refresh.next()) {
      const work = this.#desired.find(key);
      const isBusy = this.#inFlight.has(key) || this.#ledger.hasFailed(key);
      if (work !== undefined && !isBusy) return { key, work };
    }
    return undefined;
  }

  async #stop(): Promise<void> {
    this.#subscription?.unsubscribe();
    this.#round?.[Symbol.dispose]();
    this.#waiters.rejectAll(closedError(this.#settings.name));
    await this.#waiters.until(() => this.#calls.open === 0 && !this.#pruning.running);
    this.#refresh.close();
    this.#ledger.close();
    this.#pruning.close();
  }
}
