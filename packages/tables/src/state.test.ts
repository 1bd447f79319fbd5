import { describe, expect, it } from "vitest";
import {
  createComputedState,
  createEvents,
  createState,
  createTable,
  transaction,
} from "./index.ts";

describe("a state", () => {
  it("gives a subscriber the current value, then each new one", () => {
    const state = createState(1);
    state.set(2);
    const seen: number[] = [];
    const subscription = state.state$.subscribe((value) => seen.push(value));
    state.set(2);
    state.set(3);
    subscription.unsubscribe();
    state.set(4);
    expect(seen).toEqual([2, 3]);
    expect([state.value, state.state$.value]).toEqual([4, 4]);
  });

  it("asks `equals` what is new", () => {
    const state = createState({ n: 1 }, { equals: (held, given) => held.n === given.n });
    const seen: number[] = [];
    state.state$.subscribe(({ n }) => seen.push(n));
    state.set({ n: 1 });
    state.set({ n: 2 });
    expect(seen).toEqual([1, 2]);
  });

  it("skips for some what another subscriber replaces at once, and never goes back", () => {
    const state = createState(0);
    state.state$.subscribe((value) => {
      if (value === 1) state.set(2);
    });
    const seen: number[] = [];
    state.state$.subscribe((value) => seen.push(value));
    state.set(1);
    expect(seen).toEqual([0, 2]);
  });
});

describe("a computed state", () => {
  it("is computed when somebody looks, and once", () => {
    let computed = 0;
    let items = 1;
    const count = createComputedState(() => {
      computed++;
      return items;
    });
    items = 2;
    count.invalidate();
    expect(computed).toBe(0);
    expect([count.value, count.state$.value, computed]).toEqual([2, 2, 1]);

    const seen: number[] = [];
    count.state$.subscribe((value) => seen.push(value));
    items = 3;
    count.invalidate();
    expect([seen, computed]).toEqual([[2, 3], 2]);
  });
});

describe("events", () => {
  it("reach who listens, without replay", () => {
    const events = createEvents<string>();
    events.emit("unheard");
    const seen: string[] = [];
    events.stream.events$.subscribe((event) => seen.push(event));
    events.emit("heard");
    expect(seen).toEqual(["heard"]);
    expect(events.stream.dropped$.value).toBe(0);
  });

  it("keep their order when a listener emits", () => {
    const events = createEvents<number>();
    events.stream.events$.subscribe((event) => {
      if (event < 3) events.emit(event + 1);
    });
    const seen: number[] = [];
    events.stream.events$.subscribe((event) => seen.push(event));
    events.emit(1);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("are dropped and counted beyond the capacity, and where the source says so", () => {
    const events = createEvents<number>({ capacity: 2 });
    const table = createTable<string, number>({ name: "numbers" });
    const seen: number[] = [];
    events.stream.events$.subscribe((event) => seen.push(event));
    transaction(() => {
      table.upsert("a", 1);
      for (const event of [1, 2, 3, 4]) events.emit(event);
    });
    events.countDropped(10);
    events.emit(5);
    expect(seen).toEqual([1, 2, 5]);
    expect(events.stream.dropped$.value).toBe(12);
  });

  it("refuse a capacity that holds nothing", () => {
    expect(() => createEvents({ capacity: 0 })).toThrow(
      "create events capacity 0: not a positive integer",
    );
  });
});
