import { describe, expect, it } from "vitest";
import { collect, createTable, group } from "./index.ts";

describe("collect", () => {
  it("holds a stream as a table from start to close, for instance an index", async () => {
    const pods = createTable<string, { readonly node: string }>({ name: "pods" });
    pods.upsert("a", { node: "n1" });
    const byNode = collect(
      group(pods.changes$, (pod) => pod.node),
      { name: "pods by node" },
    );
    const seen: string[] = [];
    byNode.table.changes$.subscribe((change) => seen.push(change.kind));
    expect(byNode.table.size).toBe(0);

    await byNode.start();
    await byNode.start();
    pods.upsert("b", { node: "n1" });
    pods.markSynced();
    expect(byNode.table.get("n1")?.size).toBe(2);
    expect(byNode.table.synced).toBe(true);
    expect(seen).toEqual(["upsert", "upsert", "synced"]);

    pods.delete("a");
    pods.delete("b");
    expect(byNode.table.size).toBe(0);
    pods.upsert("c", { node: "n2" });
    await byNode.close();
    pods.delete("c");
    expect(byNode.table.size).toBe(1);
  });

  it("never starts once it is closed", async () => {
    const pods = createTable<string, number>({ name: "pods" });
    const collection = collect(pods.changes$, { name: "copy" });
    await collection[Symbol.asyncDispose]();
    await collection.start();
    pods.upsert("a", 1);
    expect(collection.table.size).toBe(0);
  });
});
