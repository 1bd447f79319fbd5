import type { ChangeStream } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTable, distinct, filterValues, join, leftJoin, mapValues, union } from "../index.ts";
import { Consumer, type Pod, Sources, step, weigh } from "./sources.fake.ts";

function sameWeight(left: Pod, right: Pod): boolean {
  return weigh(left) === weigh(right);
}

/** Each pod with the value of its node. */
function located(tables: Sources): ChangeStream<string, unknown> {
  return leftJoin(
    tables.pods.changes$,
    tables.nodes.changes$,
    (one) => one.node,
    (one, node) => ({ size: one.size, node }),
  );
}

describe("leftJoin", () => {
  it("is from scratch once the right side has synced; before, what has no right item is held back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tables = new Sources();
        const consumer = new Consumer(located(tables));
        for (const one of steps) {
          tables.apply(one);
          const shown = [...tables.pods.entries()].filter(
            ([, { node }]) => tables.nodes.synced || tables.nodes.has(node),
          );
          const expected = shown.map(
            ([key, { size, node }]) => [key, { size, node: tables.nodes.get(node) }] as const,
          );
          expect(consumer.held).toEqual(new Map(expected));
          expect(consumer.mistakes).toEqual([]);
        }
      }),
    );
  });

  it("knows without the right side that an item refers to nothing", () => {
    const tables = new Sources();
    const consumer = new Consumer(
      leftJoin(
        tables.pods.changes$,
        tables.nodes.changes$,
        () => undefined,
        (one) => one.size,
      ),
    );
    tables.pods.upsert("a", { node: "n", size: 1 });
    expect(consumer.held).toEqual(new Map([["a", 1]]));
  });

  it("marks the item when a function throws", () => {
    const tables = new Sources();
    const consumer = new Consumer(
      leftJoin(
        tables.pods.changes$,
        tables.nodes.changes$,
        (one) => String(weigh(one)),
        (one, node) => {
          if (node === undefined) throw new Error(`no node ${one.node}`);
          return node;
        },
      ),
    );
    tables.nodes.markSynced();
    tables.pods.upsert("a", { node: "n", size: 3 });
    tables.pods.upsert("b", { node: "n", size: 1 });
    expect(consumer.held).toEqual(
      new Map([
        ["a", "failed: derive a: three"],
        ["b", "failed: derive b: no node n"],
      ]),
    );
  });
});

describe("join", () => {
  it("tells all items that refer to one of its changes, however they come and go", () => {
    const pods = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const move = fc.record({ pod: pods, node: fc.constantFrom("n", "n", "m", undefined) });
    fc.assert(
      fc.property(fc.array(move, { minLength: 10, maxLength: 60 }), (moves) => {
        const tables = new Sources();
        const consumer = new Consumer(
          join(
            tables.pods.changes$,
            tables.nodes.changes$,
            (one) => one.node,
            (_, node) => node,
          ),
        );
        for (const [index, { pod, node }] of moves.entries()) {
          if (node === undefined) tables.pods.delete(pod);
          else tables.pods.upsert(pod, { node, size: index });
          for (const name of ["n", "m"]) tables.nodes.upsert(name, index);
          const expected = tables.pods.entries().map(([key]) => [key, index] as const);
          expect(consumer.held).toEqual(new Map(expected));
        }
      }),
    );
  });
});

describe("details", () => {
  it("distinct leaves out what is equal, and lets pass what it cannot compare", () => {
    const tables = new Sources();
    const seen: unknown[] = [];
    distinct(tables.pods.changes$, sameWeight).subscribe((change) => seen.push(change.kind));
    for (const size of [1, 1, 2, 3, 3]) tables.pods.upsert("a", { node: "n", size });
    tables.pods.delete("a");
    tables.pods.upsert("a", { node: "n", size: 3 });
    expect(seen).toEqual(["upsert", "upsert", "upsert", "upsert", "delete", "upsert"]);
  });

  it("an item that refers to another one now is not told what becomes of the one before", () => {
    const tables = new Sources();
    const seen: unknown[] = [];
    located(tables).subscribe((change) => seen.push(change.kind));
    for (const node of ["n", "m"]) tables.nodes.upsert(node, 1);
    for (const key of ["a", "b"]) tables.pods.upsert(key, { node: "n", size: 1 });
    for (const key of ["a", "b"]) tables.pods.upsert(key, { node: "m", size: 1 });
    tables.nodes.upsert("n", 2);
    expect(seen).toHaveLength(4);
    tables.nodes.upsert("m", 2);
    expect(seen).toHaveLength(6);
  });

  it("the union of no streams is empty and synced", () => {
    expect(new Consumer(union<string, number>([]))).toMatchObject({ held: new Map(), synced: 1 });
  });

  it("each subscription to a derivation has its own state, and ends with it", () => {
    const tables = new Sources();
    const big$ = filterValues(tables.pods.changes$, (one) => one.size > 1);
    const first: string[] = [];
    const subscription = big$.subscribe((change) => first.push(change.kind));
    tables.pods.upsert("a", { node: "n", size: 2 });
    const second = new Consumer(big$);
    subscription.unsubscribe();
    tables.pods.upsert("a", { node: "n", size: 1 });
    expect(first).toEqual(["upsert"]);
    expect(second.held).toEqual(new Map());
    expect(second.mistakes).toEqual([]);
  });

  it("a type guard narrows the values of filterValues", () => {
    const table = createTable<string, string | number>({ name: "mixed" });
    const texts$ = filterValues(table.changes$, (value) => typeof value === "string");
    const lengths$ = mapValues(texts$, (text) => text.length);
    table.upsert("a", "text");
    table.upsert("b", 1);
    expect(new Consumer(lengths$).held).toEqual(new Map([["a", 4]]));
  });
});
