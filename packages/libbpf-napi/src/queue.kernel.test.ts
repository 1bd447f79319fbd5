import { afterEach, describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import type { Handle } from "./handle.ts";
import { createBloomFilter, createQueue } from "./kernel-queue.ts";
import { bloomFilterContract, queueContract } from "./map-contract.ts";
import { openPinnedBloomFilter, openPinnedQueue } from "./pinned-map.ts";
import type { BloomFilterSpec, QueueSpec } from "./queue-types.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { rejected, thrown } from "./testing/thrown.ts";

const open: Handle[] = [];

afterEach(() => {
  for (const handle of open.splice(0)) handle.close();
});

function tracked<H extends Handle>(handle: H): H {
  open.push(handle);
  return handle;
}

const jobs: QueueSpec<number> = {
  name: "jobs",
  type: "queue",
  maxEntries: 4,
  flags: 0,
  value: u32,
};

const seen: BloomFilterSpec<number> = {
  name: "seen",
  type: "bloom_filter",
  maxEntries: 64,
  flags: 0,
  value: u32,
  hashes: 3,
};

describe("in the kernel", () => {
  it.each(queueContract)("$name", async ({ run }) => {
    await expect(run(async (spec) => tracked(await createQueue(spec)))).resolves.toBeUndefined();
  });

  it.each(bloomFilterContract)("$name", async ({ run }) => {
    await expect(
      run(async (spec) => tracked(await createBloomFilter(spec))),
    ).resolves.toBeUndefined();
  });
});

describe("a pinned queue", () => {
  it("is opened with what was in it, and refused when it is another", async () => {
    using pins = createBpffsFolder();
    using queue = await createQueue(jobs);
    queue.push(7);
    queue.pin(pins.path("jobs"));
    using again = openPinnedQueue(pins.path("jobs"), jobs);
    expect(again.pop()).toBe(7);
    expect(thrown(() => openPinnedQueue(pins.path("jobs"), { ...jobs, value: u64 }))).toMatchObject(
      {
        code: "incompatible-pin",
        reason: "value size: wanted 8, found 4",
      },
    );
    expect(thrown(() => openPinnedBloomFilter(pins.path("jobs"), seen))).toMatchObject({
      code: "incompatible-pin",
      reason: "type: wanted bloom_filter, found queue",
    });
  });

  it("keeps the members of a bloom filter", async () => {
    using pins = createBpffsFolder();
    using filter = await createBloomFilter(seen);
    filter.add(7);
    filter.pin(pins.path("seen"));
    using again = openPinnedBloomFilter(pins.path("seen"), seen);
    expect(again.mightContain(7)).toBe(true);
  });
});

describe("a closed queue or filter", () => {
  it("refuses all work", async () => {
    const queue = await createQueue(jobs);
    const filter = await createBloomFilter(seen);
    queue.close();
    filter.close();
    const attempts = [
      () => queue.push(1),
      () => queue.pop(),
      () => queue.peek(),
      () => filter.add(1),
      () => filter.mightContain(1),
    ];
    for (const attempt of attempts) {
      expect(thrown(attempt)).toMatchObject({ code: "handle-closed" });
    }
  });

  it("is not made with more hashes than the kernel takes", async () => {
    expect(await rejected(() => createBloomFilter({ ...seen, hashes: 16 }))).toMatchObject({
      code: "kernel-error",
      errno: "EINVAL",
    });
  });
});
