import type { Change } from "@heddle/contracts";
import { expect, it } from "vitest";
import { fill } from "./fill.ts";
import { createTable } from "./table.ts";

it("a table that is filled holds the content, and tells only of what differs", () => {
  const table = createTable<string, number>({ name: "numbers" });
  for (const [index, key] of ["a", "b", "c"].entries()) table.upsert(key, index);
  const changes: Change<string, number>[] = [];
  table.changes$.subscribe((change) => void changes.push(change));
  changes.length = 0;
  const content = new Map([
    ["b", 1],
    ["c", 7],
    ["d", 3],
  ]);
  fill(table, content);
  expect(new Map(table.entries())).toEqual(content);
  expect(changes).toEqual([
    { kind: "delete", key: "a" },
    { kind: "upsert", key: "c", value: 7 },
    { kind: "upsert", key: "d", value: 3 },
  ]);
});
