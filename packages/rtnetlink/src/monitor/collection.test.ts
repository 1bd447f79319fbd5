import { type Change, createManualClock, type ManualClock } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { Collection, type Kind } from "./collection.ts";

/** Milliseconds. */
const pace = 50;

/** An object of the tests: its name is its key; only objects of the same value are conclusive. */
interface Thing {
  readonly name: string;
  readonly value: number;
}

const thingKind: Kind<string, Thing> = {
  name: "things",
  newType: 1,
  deleteType: 2,
  groups: [7],
  decode: (payload) => {
    const [name = 0, value = 0] = payload;
    return name === 0 ? undefined : { name: String.fromCodePoint(name), value };
  },
  key: (thing) => thing.name,
};

const doubtfulKind: Kind<string, Thing> = { ...thingKind, isConclusive: () => false };

/** A collection, and lists that are answered when and as the test says. */
interface Bench {
  readonly collection: Collection<string, Thing>;
  readonly clock: ManualClock;
  readonly log: readonly string[];
  /** What was reported of lists. */
  readonly reports: readonly unknown[];
  readonly listsBegun: () => number;
  answer(...things: readonly Thing[]): Promise<void>;
  refuse(error: Error): Promise<void>;
  made(thing: Thing): void;
  gone(thing: Thing): void;
}

function createBench(kind: Kind<string, Thing> = thingKind): Bench {
  const clock = createManualClock();
  const reports: unknown[] = [];
  const lists: { resolve(things: readonly Thing[]): void; reject(error: Error): void }[] = [];
  const collection = new Collection(
    kind,
    () => new Promise<readonly Thing[]>((resolve, reject) => lists.push({ resolve, reject })),
    { clock, pace, retryDelay: 1000, listed: (_, error) => reports.push(error) },
  );
  const take = (type: number, { name, value }: Thing): void => {
    const payload = Uint8Array.of(name.codePointAt(0) ?? 0, value);
    collection.take({ type, flags: 0, sequence: 0, payload });
  };
  return {
    collection,
    clock,
    reports,
    log: recordOf(collection),
    listsBegun: () => lists.length,
    async answer(...things) {
      await turn();
      lists.at(-1)?.resolve(things);
      await turn();
    },
    async refuse(error) {
      await turn();
      lists.at(-1)?.reject(error);
      await turn();
    },
    made: (thing) => take(1, thing),
    gone: (thing) => take(2, thing),
  };
}

function recordOf(collection: Collection<string, Thing>): readonly string[] {
  const log: string[] = [];
  collection.changes$.subscribe({
    next: (change) => log.push(textOf(change)),
    complete: () => log.push("end"),
  });
  return log;
}

function textOf(change: Change<string, Thing>): string {
  if (change.kind === "synced") return "synced";
  if (change.kind === "delete") return `-${change.key}`;
  return `${change.key}${String(change.value.value)}`;
}

/** Lets everything run that waits for promises only. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const a1 = { name: "a", value: 1 };
const a2 = { name: "a", value: 2 };
const b1 = { name: "b", value: 1 };
const c1 = { name: "c", value: 1 };

/** Has the first list done, and the time over until there may be another. */
async function loaded(bench: Bench, ...things: readonly Thing[]): Promise<void> {
  const load = bench.collection.load();
  await bench.answer(...things);
  await load;
  bench.clock.advance(pace);
}

describe("a collection", () => {
  it("tells what is there, that this is all, and what changes then", async () => {
    const bench = createBench();
    await loaded(bench, a1, b1);
    bench.made(a2);
    bench.made(c1);
    bench.gone(b1);
    expect(bench.log).toEqual(["a1", "b1", "synced", "a2", "c1", "-b"]);
  });

  it("tells a later subscriber what is there then", async () => {
    const bench = createBench();
    await loaded(bench, a1, b1);
    bench.made(a2);
    const later = recordOf(bench.collection);
    bench.gone(b1);
    expect(later).toEqual(["a2", "b1", "synced", "-b"]);
  });

  it("does not sync before its list is there", async () => {
    const bench = createBench();
    const load = bench.collection.load();
    expect(recordOf(bench.collection)).toEqual([]);
    await bench.answer();
    await load;
    expect(bench.log).toEqual(["synced"]);
  });

  it("puts a list and the events during it together before it tells", async () => {
    const bench = createBench();
    const load = bench.collection.load();
    bench.gone(a1);
    bench.made(a2);
    bench.made(c1);
    bench.gone(c1);
    bench.gone(b1);
    await bench.answer(a1, b1);
    await load;
    expect(bench.log).toEqual(["a2", "synced"]);
  });

  it("tells nothing when nothing changes", async () => {
    const bench = createBench();
    await loaded(bench, a1);
    bench.made(a1);
    bench.gone(b1);
    bench.collection.take({ type: 1, flags: 0, sequence: 0, payload: Uint8Array.of(0) });
    bench.collection.take({ type: 9, flags: 0, sequence: 0, payload: Uint8Array.of(97, 9) });
    expect(bench.log).toEqual(["a1", "synced"]);
  });

  it("tells the difference when it is listed anew", async () => {
    const bench = createBench();
    await loaded(bench, a1, b1);
    bench.collection.invalidate();
    await bench.answer(a2, c1);
    expect(bench.log).toEqual(["a1", "b1", "synced", "-b", "a2", "c1"]);
  });

  it("lists anew when an event leaves doubt", async () => {
    const bench = createBench(doubtfulKind);
    await loaded(bench, a1);
    bench.made(a2);
    await turn();
    expect(bench.listsBegun()).toBe(2);
    await bench.answer(b1);
    expect(bench.log).toEqual(["a1", "synced", "-a", "b1"]);
  });

  it("lists anew when an event is about a key that several objects have, of which the first counts", async () => {
    const bench = createBench();
    await loaded(bench, a1, a2);
    bench.gone(a1);
    expect(bench.log).toEqual(["a1", "synced"]);
    await bench.answer(a2);
    bench.gone(a2);
    expect(bench.log).toEqual(["a1", "synced", "a2", "-a"]);
  });

  it("lists once more, after a pause, for all doubts during a list", async () => {
    const bench = createBench();
    await loaded(bench, a1);
    bench.collection.invalidate();
    await turn();
    bench.collection.invalidate();
    bench.collection.invalidate();
    await bench.answer(a1);
    expect(bench.listsBegun()).toBe(2);
    bench.clock.advance(49);
    await turn();
    expect(bench.listsBegun()).toBe(2);
    bench.clock.advance(1);
    await turn();
    expect(bench.listsBegun()).toBe(3);
    await bench.answer(a2);
    bench.clock.advance(1000);
    await turn();
    expect(bench.listsBegun()).toBe(3);
    expect(bench.log).toEqual(["a1", "synced", "a2"]);
  });

  it("lists at its pace, whatever comes in between", async () => {
    const bench = createBench();
    const load = bench.collection.load();
    await bench.answer(a1);
    await load;
    for (let elapsed = 0; elapsed < pace; elapsed += 1) {
      bench.collection.invalidate();
      await turn();
      expect(bench.listsBegun()).toBe(1);
      bench.clock.advance(1);
    }
    await turn();
    expect(bench.listsBegun()).toBe(2);
    await bench.answer(a1);
  });

  it("lists anew rather than keep any number of events", async () => {
    const bench = createBench();
    const load = bench.collection.load();
    for (let count = 0; count <= 10_000; count += 1) bench.made({ name: "a", value: count % 7 });
    await bench.answer();
    await load;
    bench.clock.advance(50);
    await turn();
    await bench.answer(b1);
    expect(bench.log.at(-1)).toBe("b1");
  });

  it("says that a list failed, tries again, and takes in events meanwhile", async () => {
    const bench = createBench();
    await loaded(bench, a1);
    bench.collection.invalidate();
    const failure = new Error("no list");
    await bench.refuse(failure);
    expect(bench.reports).toEqual([undefined, failure]);
    bench.made(b1);
    bench.clock.advance(1000);
    await turn();
    await bench.answer(c1);
    expect(bench.reports).toEqual([undefined, failure, undefined]);
    expect(bench.log).toEqual(["a1", "synced", "b1", "-a", "-b", "c1"]);
  });

  it("leaves the failure of the first list to its caller", async () => {
    const bench = createBench();
    const load = bench.collection.load();
    load.catch(() => undefined);
    await bench.refuse(new Error("no list"));
    await expect(load).rejects.toThrow("no list");
    expect(bench.listsBegun()).toBe(1);
    await bench.collection.close();
  });

  it("ends its stream when it is closed, and does not wait for a pause", async () => {
    const bench = createBench();
    await loaded(bench, a1);
    bench.collection.invalidate();
    await bench.refuse(new Error("no list"));
    await bench.collection.close();
    expect(bench.log).toEqual(["a1", "synced", "end"]);
    expect(bench.clock.pending).toBe(0);
    expect(recordOf(bench.collection)).toEqual(["a1", "synced", "end"]);
  });

  it("waits for a list under way when it is closed", async () => {
    const bench = createBench();
    await loaded(bench, a1);
    bench.collection.invalidate();
    await turn();
    const closing = bench.collection.close();
    const first = Promise.race([closing.then(() => "closed"), turn().then(() => "waiting")]);
    expect(await first).toBe("waiting");
    await bench.answer(a1);
    await closing;
    expect(bench.listsBegun()).toBe(2);
  });
});
