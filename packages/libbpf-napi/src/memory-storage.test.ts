import { describe, expect, it } from "vitest";
import { storageContract } from "./map-contract.ts";
import { createMemoryStorageMap } from "./memory-storage.ts";

describe("in memory", () => {
  it.each(storageContract)("$name", async ({ run }) => {
    const running = run((spec) => ({
      map: createMemoryStorageMap({ ...spec, type: "sk_storage" }),
      owner: 7,
    }));
    await expect(running).resolves.toBeUndefined();
  });
});
