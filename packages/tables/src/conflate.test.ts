import { setImmediate as nextTurn } from "node:timers/promises";
import { type Change, createManualClock } from "@heddle/contracts";
import * as fc from "fast-check";
import { type Observable, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { batches, conflate, createTable, TableError } from "./index.ts";
import { PendingChanges } from "./pending-changes.ts";

type Step =
  | Change<string, number>
  /** The consumer takes what waits, at most so many. */
  | { readonly kind: "take"; readonly limit: number };

const keys = ["a", "b", "c", "d"];
const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("upsert"), key, value: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete"), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("synced") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take"), limit: fc.nat(3) }) },
);

/** What somebody holds who applies changes, and the deletes that made no sense. */
class Holder {
  readonly held = new Map<string, number>();
  /** What he held at `synced`. */
  atSynced: ReadonlyMap<string, number> | undefined;
  readonly senseless: string[] = [];

  apply(change: Change<string, number>): void {
    if (change.kind === "upsert") this.held.set(change.key, change.value);
    else if (change.kind === "synced") this.atSynced ??= new Map(this.held);
    else if (!this.held.delete(change.key)) this.senseless.push(change.key);
  }
}

describe("pending changes", () => {
  it("are at most one per key, and come to the same as all changes", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const pending = new PendingChanges<string, number>();
        const [source, consumer] = [new Holder(), new Holder()];
        for (const one of steps) {
          if (one.kind === "take") {
            for (const change of pending.take(one.limit)) consumer.apply(change);
          } else {
            pending.add(one);
            if (one.kind !== "delete" || source.held.has(one.key)) source.apply(one);
          }
          expect(pending.size).toBeLessThanOrEqual(keys.length + 1);
        }
        for (const change of pending.take(Infinity)) consumer.apply(change);
        expect(consumer.held).toEqual(source.held);
        expect(consumer.senseless).toEqual([]);
        // Every key that was there when the source had synced, and still is, was told before `synced`.
        const lasting = [...(source.atSynced ?? [])].filter(([name]) => source.held.has(name));
        expect([consumer.atSynced === undefined, pending.size]).toEqual([
          source.atSynced === undefined,
          0,
        ]);
        const told = new Set(consumer.atSynced?.keys());
        const missed = lasting.filter(([name]) => !told.has(name) && !gone(steps, name));
        expect(missed).toEqual([]);
      }),
    );
  });

  it("of a key stay before `synced` when it changes again after it", () => {
    const pending = new PendingChanges<string, number>();
    pending.add({ kind: "upsert", key: "a", value: 1 });
    pending.add({ kind: "synced" });
    for (const again of ["b", "a"]) pending.add({ kind: "upsert", key: again, value: 2 });
    expect(pending.size).toBe(3);
    const told = pending.take(9).map((change) => ("key" in change ? change.key : change.kind));
    expect(told).toEqual(["a", "synced", "b"]);
  });

  it("a million events on ten keys are ten changes", () => {
    const pending = new PendingChanges<number, number>();
    for (let event = 0; event < 1_000_000; event++) {
      pending.add({ kind: "upsert", key: event % 10, value: event });
    }
    expect(pending.size).toBe(10);
    expect(pending.take(100).at(-1)).toEqual({ kind: "upsert", key: 9, value: 999_999 });
  });
});

/** Whether the key was deleted at some time after `synced`. */
function gone(steps: readonly Step[], name: string): boolean {
  const synced = steps.findIndex(({ kind }) => kind === "synced");
  return steps.slice(synced).some((one) => one.kind === "delete" && one.key === name);
}

describe("conflate", () => {
  it("tells the last of what comes within its interval, as one", async () => {
    const clock = createManualClock();
    const numbers = createTable<string, number>({ name: "numbers" });
    numbers.upsert("a", 1);
    const seen: string[] = [];
    conflate(numbers.changes$, { clock }, { interval: 100 }).subscribe((change) =>
      seen.push(JSON.stringify(change)),
    );
    for (let value = 2; value < 1000; value++) numbers.upsert("a", value);
    numbers.upsert("gone", 1);
    numbers.delete("gone");
    numbers.markSynced();
    numbers.upsert("b", 1);
    clock.advance(99);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual([
      '{"kind":"upsert","key":"a","value":999}',
      '{"kind":"synced"}',
      '{"kind":"upsert","key":"b","value":1}',
    ]);
    await nextTurn();
    expect(clock.pending).toBe(0);
  });

  it("without an interval waits for a turn, and takes more than one for many", async () => {
    const numbers = createTable<number, number>({ name: "numbers" });
    for (let index = 0; index < 5; index++) numbers.upsert(index, index);
    const seen: string[] = [];
    const fewer$ = conflate(numbers.changes$, { clock: createManualClock() }, { size: 2 });
    const subscription = fewer$.subscribe(({ kind }) => seen.push(kind));
    expect(seen).toHaveLength(0);
    await nextTurn();
    expect(seen).toHaveLength(2);
    await nextTurn();
    await nextTurn();
    expect(seen).toHaveLength(5);
    numbers.upsert(9, 9);
    subscription.unsubscribe();
    await nextTurn();
    expect(seen).toHaveLength(5);
  });

  it("ends after what waits, or at once with the error of the stream", async () => {
    const [ending$, failing$] = [new Subject<never>(), new Subject<never>()];
    const ends: string[] = [];
    const watch = (name: string, source$: Observable<never>) =>
      conflate<string, number>(source$, { clock: createManualClock() }).subscribe({
        error: (error: unknown) => ends.push(`${name}: ${String(error)}`),
        complete: () => ends.push(name),
      });
    watch("ending", ending$);
    watch("failing", failing$);
    ending$.complete();
    failing$.error("no");
    await nextTurn();
    expect(ends).toEqual(["ending", "failing: no"]);
  });

  it.each([
    [{ interval: Number.NaN }, "conflate interval NaN: not 0 or more"],
    [{ size: 0 }, "conflate size 0: not a positive integer"],
  ])("refuses %j", (options, message) => {
    const source$ = new Subject<never>();
    expect(() => conflate(source$, { clock: createManualClock() }, options)).toThrow(message);
    expect(() => batches(source$, { size: 0.5 })).toThrow(TableError);
  });
});

/** How large the batches of a stream are, one change in each. */
async function readSizes(
  source$: Observable<Change<string, number>>,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const seen: number[] = [];
  const options = signal === undefined ? { size: 1 } : { size: 1, signal };
  for await (const changes of batches(source$, options)) seen.push(changes.length);
  return seen;
}

describe("batches", () => {
  it("give a slow consumer what is new since he looked, each key once", async () => {
    const numbers = createTable<string, number>({ name: "numbers" });
    numbers.upsert("a", 1);
    numbers.markSynced();
    const seen: string[] = [];
    for await (const changes of batches(numbers.changes$)) {
      seen.push(changes.map((change) => JSON.stringify(change)).join(" "));
      if (seen.length === 3) break;
      for (let value = 0; value < 1000; value++) numbers.upsert("b", seen.length + value);
      numbers.delete("a");
      await nextTurn();
    }
    expect(seen).toEqual([
      '{"kind":"upsert","key":"a","value":1} {"kind":"synced"}',
      '{"kind":"upsert","key":"b","value":1000} {"kind":"delete","key":"a"}',
      '{"kind":"upsert","key":"b","value":1001}',
    ]);
  });

  it("end with the stream, with its error, and when they are told to", async () => {
    const ending$ = new Subject<Change<string, number>>();
    const failing$ = new Subject<Change<string, number>>();
    const endless$ = new Subject<Change<string, number>>();
    const abort = new AbortController();
    const endings = [readSizes(ending$), readSizes(failing$), readSizes(endless$, abort.signal)];
    ending$.next({ kind: "upsert", key: "a", value: 1 });
    ending$.next({ kind: "synced" });
    ending$.complete();
    failing$.error(new RangeError("no"));
    abort.abort();
    const outcomes = await Promise.allSettled(endings);
    expect(outcomes).toMatchObject([
      { value: [1, 1] },
      { reason: { message: "no" } },
      { value: [] },
    ]);
    expect(endless$.observed).toBe(false);
    expect(await readSizes(new Subject(), AbortSignal.abort())).toEqual([]);
  });
});
