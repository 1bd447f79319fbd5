import type { Change } from "@heddle/contracts";
import { take } from "rxjs";
import { describe, expect, it } from "vitest";
import { createTable, type Table, TableError, transaction } from "./index.ts";

/** What a subscriber was told, one line per change. */
function record(table: Table<string, number>): string[] {
  const lines: string[] = [];
  table.changes$.subscribe((change) => lines.push(line(change)));
  return lines;
}

function line(change: Change<string, number>): string {
  if (change.kind === "synced") return "synced";
  return change.kind === "upsert" ? `${change.key}=${String(change.value)}` : `-${change.key}`;
}

function numbers(name = "numbers") {
  return createTable<string, number>({ name });
}

describe("a table", () => {
  it("replays what is there, says synced once, then tells what changes", () => {
    const table = numbers();
    table.upsert("a", 1);
    table.upsert("a", 2);
    const early = record(table);
    table.upsert("b", 1);
    table.markSynced();
    table.markSynced();
    const late = record(table);
    table.delete("a");
    expect(early).toEqual(["a=2", "b=1", "synced", "-a"]);
    expect(late.toSorted()).toEqual(["-a", "a=2", "b=1", "synced"]);
    expect(late.indexOf("synced")).toBe(2);
    expect([table.size, table.synced, table.get("a"), table.has("b")]).toEqual([
      1,
      true,
      undefined,
      true,
    ]);
  });

  it("says what changed, and publishes nothing when nothing did", () => {
    const table = createTable<string, { readonly n: number }>({
      name: "objects",
      equals: (held, given) => held.n === given.n,
    });
    const seen: unknown[] = [];
    table.changes$.subscribe((change) => seen.push(change));
    expect(table.upsert("a", { n: 1 })).toBe(true);
    expect(table.upsert("a", { n: 1 })).toBe(false);
    expect(table.delete("b")).toBe(false);
    expect(table.delete("a")).toBe(true);
    expect(seen).toHaveLength(2);
  });

  it("takes values for different that cannot be compared", () => {
    const table = createTable<string, number>({
      name: "numbers",
      equals: () => {
        throw new RangeError("no");
      },
    });
    expect([table.upsert("a", 1), table.upsert("a", 1)]).toEqual([true, true]);
    transaction(() => table.upsert("a", 2));
    expect(table.get("a")).toBe(2);
  });

  it("gives snapshots and iterations that writing does not touch", () => {
    const table = numbers();
    table.upsert("a", 1);
    table.upsert("b", 1);
    const before = table.snapshot();
    const seen: string[] = [];
    for (const [key] of table.entries()) {
      seen.push(key);
      table.delete("a");
      table.delete("b");
      table.upsert("c", 1);
    }
    expect(seen.toSorted()).toEqual(["a", "b"]);
    expect([before.size, before.get("a"), before.has("c")]).toEqual([2, 1, false]);
  });

  it("stops telling whoever unsubscribed, also in the middle of a replay", () => {
    const table = numbers();
    for (const key of ["a", "b", "c"]) table.upsert(key, 1);
    const seen: string[] = [];
    table.changes$.pipe(take(2)).subscribe((change) => seen.push(line(change)));
    table.upsert("d", 1);
    expect(seen).toHaveLength(2);
  });
});

describe("a subscriber that writes", () => {
  it("lets the others hear everything in the order of the writes", () => {
    const table = numbers();
    table.changes$.subscribe((change) => {
      if (change.kind === "upsert" && change.value < 3) table.upsert(change.key, change.value + 1);
    });
    const seen = record(table);
    table.upsert("a", 1);
    expect(seen).toEqual(["a=1", "a=2", "a=3"]);
  });

  it("may write during its own replay", () => {
    const table = numbers();
    table.upsert("a", 1);
    table.upsert("b", 1);
    const seen: string[] = [];
    table.changes$.subscribe((change) => {
      seen.push(line(change));
      if (change.kind === "upsert" && change.value === 1) table.upsert(change.key, 2);
    });
    expect(seen.toSorted()).toEqual(["a=1", "a=2", "b=1", "b=2"]);
    expect(seen.slice(2).every((text) => text.endsWith("=2"))).toBe(true);
  });

  it("is heard after its cause by whoever listens to both tables", () => {
    const [causes, effects] = [numbers("causes"), numbers("effects")];
    causes.changes$.subscribe((change) => {
      if (change.kind === "upsert") effects.upsert(`effect of ${change.key}`, change.value);
    });
    const seen: string[] = [];
    for (const table of [causes, effects]) {
      table.changes$.subscribe((change) => seen.push(line(change)));
    }
    causes.upsert("a", 1);
    expect(seen).toEqual(["a=1", "effect of a=1"]);
  });

  it("does not make a newcomer hear twice what its replay held", () => {
    const table = numbers();
    let newcomer: string[] = [];
    table.changes$.subscribe((change) => {
      if (change.kind !== "upsert" || change.value !== 1) return;
      table.upsert("a", 2);
      newcomer = record(table);
    });
    table.upsert("a", 1);
    expect(newcomer).toEqual(["a=2"]);
  });
});

describe("a transaction", () => {
  it("is seen whole by readers and subscribers, each key once", () => {
    const [left, right] = [numbers("left"), numbers("right")];
    const views: string[] = [];
    for (const table of [left, right]) {
      table.changes$.subscribe((change) => {
        views.push(`${line(change)} left=${String(left.get("a"))} right=${String(right.get("a"))}`);
      });
    }
    transaction(() => {
      left.upsert("a", 1);
      right.upsert("a", 1);
      left.upsert("a", 2);
      expect(left.get("a")).toBe(2);
      expect(views).toEqual([]);
    });
    expect(views).toEqual(["a=2 left=2 right=1", "a=1 left=2 right=1"]);
  });

  it("publishes nothing of a key that ends as it began", () => {
    const table = numbers();
    table.upsert("a", 1);
    const seen = record(table);
    transaction(() => {
      table.upsert("a", 2);
      table.upsert("a", 1);
      table.upsert("b", 1);
      table.delete("b");
    });
    expect(seen).toEqual(["a=1"]);
  });

  it("leaves nothing behind when it throws", () => {
    const table = numbers();
    table.upsert("a", 1);
    const seen = record(table);
    expect(() =>
      transaction(() => {
        table.delete("a");
        table.upsert("b", 1);
        table.markSynced();
        expect(table.synced).toBe(true);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(seen).toEqual(["a=1"]);
    expect([table.size, table.get("a"), table.synced]).toEqual([1, 1, false]);
    table.upsert("c", 3);
    expect(seen).toEqual(["a=1", "c=3"]);
  });

  it("does not show what is not committed to whoever subscribes in it", () => {
    const table = numbers();
    table.upsert("a", 1);
    let seen: string[] = [];
    transaction(() => {
      table.upsert("a", 2);
      table.markSynced();
      seen = record(table);
      expect(seen).toEqual(["a=1"]);
    });
    expect(seen).toEqual(["a=1", "a=2", "synced"]);
  });

  it("joins the one around it, and fails it by failing", () => {
    const table = numbers();
    const swallowing = () =>
      transaction(() => {
        table.upsert("a", 1);
        try {
          transaction(() => {
            table.upsert("b", 1);
            throw new Error("inner");
          });
        } catch {
          table.upsert("c", 1);
        }
      });
    expect(swallowing).toThrow(TableError);
    expect(swallowing).toThrow(/went on after a transaction inside it had failed: inner/);
    expect(table.size).toBe(0);
    transaction(() => transaction(() => table.upsert("a", 1)));
    expect(table.size).toBe(1);
  });

  it("refuses a body that returns a promise", () => {
    const table = numbers();
    expect(() =>
      transaction(() => {
        table.upsert("a", 1);
        return Promise.resolve();
      }),
    ).toThrow(/it returned a promise/);
    expect(table.size).toBe(0);
  });
});
