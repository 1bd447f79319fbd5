import { describe, expect, it } from "vitest";
import { bloomFilterContract, queueContract } from "./map-contract.ts";
import { createMemoryBloomFilter, createMemoryQueue } from "./memory-queue.ts";

describe("in memory", () => {
  it.each(queueContract)("$name", async ({ run }) => {
    await expect(run(createMemoryQueue)).resolves.toBeUndefined();
  });

  it.each(bloomFilterContract)("$name", async ({ run }) => {
    await expect(run(createMemoryBloomFilter)).resolves.toBeUndefined();
  });
});
