import { createTable } from "@heddle/tables";
import { expect, it } from "vitest";
import { untilMany } from "./until-many.ts";

it("waits for so many entries that are right at a time", async () => {
  const table = createTable<string, number>({ name: "numbers" });
  let isOver = false;
  const over = untilMany(table.changes$, 2, (value) => value > 10).then(() => (isOver = true));
  table.upsert("a", 11);
  table.upsert("b", 1);
  table.upsert("a", 12);
  table.markSynced();
  table.upsert("a", 2);
  table.upsert("b", 13);
  await Promise.resolve();
  expect(isOver).toBe(false);
  table.upsert("c", 14);
  await over;
});
