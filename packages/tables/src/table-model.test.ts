import type { Change } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTable, type MutableTable, type Table, transaction } from "./index.ts";

const key = fc.constantFrom("a", "b", "c");
const write = fc.oneof(
  fc.record({ kind: fc.constant("upsert"), key, value: fc.nat(2) }),
  fc.record({ kind: fc.constant("delete"), key }),
);
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never;

const step = fc.oneof(
  { weight: 5, arbitrary: write },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("subscribe"), echo: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("transaction"),
      writes: fc.array(write, { maxLength: 4 }),
      fail: fc.boolean(),
    }),
  },
);

/** What a consumer holds who applies changes as they come, and the changes that made no sense then. */
class Follower {
  readonly held = new Map<string, number>();
  readonly senseless: Change<string, number>[] = [];

  constructor(table: Table<string, number>) {
    table.changes$.subscribe((change) => this.#apply(change));
  }

  #apply(change: Change<string, number>): void {
    if (change.kind === "upsert") {
      if (this.held.get(change.key) === change.value) this.senseless.push(change);
      this.held.set(change.key, change.value);
    } else if (change.kind === "delete" && !this.held.delete(change.key)) {
      this.senseless.push(change);
    }
  }
}

/** Writes whenever it hears something, to keys of its own. */
function echo(table: MutableTable<string, number>): void {
  table.changes$.subscribe((change) => {
    if (change.kind === "upsert" && change.key.length === 1) {
      table.upsert(`echo of ${change.key}`, change.value);
    }
  });
}

function apply(table: MutableTable<string, number>, { kind, ...rest }: Write): void {
  if (kind === "upsert" && "value" in rest) table.upsert(rest.key, rest.value);
  else table.delete(rest.key);
}

/** Runs the writes as one transaction, which throws at its end when `fail` is set. */
function transact(table: MutableTable<string, number>, writes: Write[], fail: boolean): void {
  const before = new Map(table.entries());
  const run = () =>
    transaction(() => {
      for (const one of writes) apply(table, one);
      if (fail) throw new RangeError("on purpose");
    });
  if (!fail) {
    run();
    return;
  }
  expect(run).toThrow(RangeError);
  expect(new Map(table.entries())).toEqual(before);
}

describe("any history", () => {
  it("leaves every subscriber with what the table holds", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = createTable<string, number>({ name: "numbers" });
        const followers: Follower[] = [];
        for (const one of steps) {
          if (one.kind === "subscribe") {
            if (one.echo) echo(table);
            followers.push(new Follower(table));
          } else if (one.kind === "transaction") {
            transact(table, one.writes, one.fail);
          } else {
            apply(table, one);
          }
          for (const { held, senseless } of followers) {
            expect(held).toEqual(new Map(table.entries()));
            expect(senseless).toEqual([]);
          }
        }
      }),
    );
  });
});
