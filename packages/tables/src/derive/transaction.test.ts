import type { ChangeStream } from "@heddle/contracts";
import * as fc from "fast-check";
import { share } from "rxjs";
import { describe, expect, it } from "vitest";
import {
  collect,
  createTable,
  flatten,
  group,
  join,
  type Key,
  leftJoin,
  mapValues,
  rekey,
  type Snapshot,
  transaction,
  union,
} from "../index.ts";

/** Every write gives all tables the stamp of its transaction. */
class Stamped {
  readonly left = createTable<string, number>({ name: "left" });
  readonly right = createTable<string, number>({ name: "right" });

  /** One stamp for keys of both tables, or no item in either of them. */
  write(key: string, stamp: number | null): void {
    transaction(() => {
      for (const table of [this.left, this.right]) {
        if (stamp === null) table.delete(key);
        else table.upsert(key, stamp);
      }
    });
  }
}

const same = (_: unknown, key: string): string => key;
const pair = (left: number, right: number | undefined): string =>
  `${String(left)} ${String(right)}`;

/** Whether a value is made of one transaction. */
function isWhole(value: unknown): boolean {
  const stamps = String(value).split(" ");
  return stamps.every((stamp) => stamp === stamps[0]);
}

interface Case {
  readonly name: string;
  readonly derive: (tables: Stamped) => ChangeStream<string, unknown>;
}

const direct = ({ left, right }: Stamped) => join(left.changes$, right.changes$, same, pair);

const cases: readonly Case[] = [
  { name: "a join", derive: direct },
  {
    name: "a left join",
    derive: ({ left, right }) => leftJoin(left.changes$, right.changes$, same, pair),
  },
  {
    name: "a join of joins, which look at the same tables by ways of different lengths",
    derive: (tables) =>
      join(
        tables.left.changes$,
        mapValues(direct(tables), (value) => value),
        same,
        (left, both) => `${String(left)} ${both}`,
      ),
  },
  {
    name: "a join with a stream that others share",
    derive: (tables) => {
      const shared$ = direct(tables).pipe(share());
      shared$.subscribe();
      return leftJoin(tables.right.changes$, shared$, same, (right, both) =>
        both === undefined ? String(right) : `${String(right)} ${both}`,
      );
    },
  },
  {
    name: "a join of collections",
    derive: ({ left, right }) => {
      const copies = [left, right].map((table) =>
        collect(
          mapValues(table.changes$, (stamp) => stamp),
          { name: `copy of ${table.name}` },
        ),
      );
      for (const copy of copies) void copy.start();
      const [one, other] = copies.map(({ table }) => table.changes$);
      return one === undefined || other === undefined
        ? left.changes$
        : join(one, other, same, pair);
    },
  },
];

describe.each(cases)("$name", ({ derive }) => {
  it("never shows the half of a transaction, nor a key that is deleted and put back in one", () => {
    const write = fc.record({ key: fc.constantFrom("a", "b"), kept: fc.boolean() });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
        const tables = new Stamped();
        tables.right.markSynced();
        const halves: unknown[] = [];
        const counts = new Map<string, number>();
        derive(tables).subscribe((change) => {
          if (change.kind === "upsert" && !isWhole(change.value)) halves.push(change.value);
          if (change.kind !== "synced") counts.set(change.key, (counts.get(change.key) ?? 0) + 1);
        });
        for (const [stamp, { key, kept }] of writes.entries()) {
          counts.clear();
          tables.write(key, kept ? stamp : null);
          expect(counts.get(key) ?? 0).toBeLessThanOrEqual(1);
        }
        expect(halves).toEqual([]);
      }),
    );
  });
});

/** What is told of a stream from now on. */
function changesOf<K extends Key>(stream$: ChangeStream<K, unknown>): string[] {
  const lines: string[] = [];
  stream$.subscribe((change) => {
    lines.push(change.kind === "synced" ? "synced" : `${change.kind} ${String(change.key)}`);
  });
  lines.length = 0;
  return lines;
}

describe("in one transaction", () => {
  it("an entry that goes from one item to another is not missing in between", () => {
    const pods = createTable<string, readonly string[]>({ name: "pods" });
    pods.upsert("a", ["10.0.0.1"]);
    const owners = changesOf(
      flatten(mapValues(pods.changes$, (held, key) => held.map((one) => [one, key] as const))),
    );
    const first = changesOf(rekey(pods.changes$, (held) => held[0] ?? "none"));
    transaction(() => {
      pods.delete("a");
      pods.upsert("b", ["10.0.0.1"]);
    });
    expect([owners, first]).toEqual([["upsert 10.0.0.1"], ["upsert 10.0.0.1"]]);
  });

  it("a group is told once, and one that is emptied and filled again is not deleted", () => {
    const pods = createTable<string, string>({ name: "pods" });
    pods.upsert("a", "n1");
    const lines: string[] = [];
    const seen = (change: { kind: string; key?: string; value?: Snapshot<string, string> }) =>
      lines.push(`${change.kind} ${String(change.key)} ${String(change.value?.size)}`);
    group(pods.changes$, (node) => node).subscribe(seen);
    transaction(() => {
      pods.delete("a");
      for (const key of ["b", "c", "d"]) pods.upsert(key, "n1");
    });
    expect(lines).toEqual(["upsert n1 1", "upsert n1 3"]);
  });

  it("a key that goes from one stream of a union to another is not missing in between", () => {
    const [first, second] = [0, 1].map((index) =>
      createTable<string, number>({ name: `table ${String(index)}` }),
    );
    first?.upsert("a", 1);
    const lines = changesOf(union([first, second].flatMap((table) => table?.changes$ ?? [])));
    transaction(() => {
      first?.delete("a");
      second?.upsert("a", 2);
    });
    expect(lines).toEqual(["upsert a"]);
  });

  it("a subscriber of one table reads the others as they are after it", () => {
    const { left, right } = new Stamped();
    const seen: (number | undefined)[][] = [];
    for (const table of [left, right]) {
      table.changes$.subscribe(() => seen.push([left.get("a"), right.get("a")]));
    }
    transaction(() => {
      left.upsert("a", 1);
      right.upsert("a", 1);
    });
    expect(seen).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});

describe("what somebody makes of a change", () => {
  it("is derived from after what the change itself has led to", () => {
    const causes = createTable<string, number>({ name: "causes" });
    const effects = createTable<string, number>({ name: "effects" });
    causes.changes$.subscribe((change) => {
      if (change.kind === "upsert") effects.upsert(change.key, change.value);
    });
    const values: unknown[] = [];
    join(causes.changes$, effects.changes$, same, pair).subscribe((change) => {
      if (change.kind === "upsert") values.push(change.value);
    });
    causes.upsert("a", 1);
    causes.upsert("a", 2);
    expect(values).toEqual(["1 1", "2 1", "2 2"]);
  });
});
