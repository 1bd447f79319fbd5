import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ringBufferContract, userRingBufferContract } from "./map-contract.ts";
import { createMemoryRingBuffer } from "./memory-ring-buffer.ts";
import { createMemoryUserRingBuffer } from "./memory-user-ring.ts";
import type { RingBufferSpec } from "./spec.ts";
import { firstNumber } from "./testing/buffers.ts";
import { thrown } from "./testing/thrown.ts";
import type { UserRingBufferSpec } from "./user-ring-buffer.ts";

const events: RingBufferSpec<number> = {
  name: "events",
  type: "ringbuf",
  maxEntries: 65_536,
  flags: 0,
  event: firstNumber,
  layout: "",
};

const commands: UserRingBufferSpec<number> = {
  name: "commands",
  type: "user_ringbuf",
  maxEntries: 4096,
  flags: 0,
  event: firstNumber,
};

describe("in memory", () => {
  it.each(ringBufferContract)("$name", async ({ run }) => {
    const running = run(() => {
      const buffer = createMemoryRingBuffer(events);
      return {
        buffer,
        async send(event, count = 1) {
          for (let sent = 0; sent < count; sent++) buffer.push(event);
          await Promise.resolve();
        },
        async sendOther() {
          await Promise.resolve(buffer.pushRecord(new Uint8Array(3)));
        },
        lost: () => buffer.lost,
      };
    });
    await expect(running).resolves.toBeUndefined();
  });

  it.each(userRingBufferContract)("$name", async ({ run }) => {
    const running = run(() => {
      const buffer = createMemoryUserRingBuffer(commands);
      return {
        buffer,
        async drain() {
          const drained = await Promise.resolve(buffer.drain());
          return { count: drained.length, sum: drained.reduce((sum, each) => sum + each, 0) };
        },
      };
    });
    await expect(running).resolves.toBeUndefined();
  });
});

describe("a ring buffer in memory", () => {
  it("says whether there was room, and takes only sizes that the kernel takes", () => {
    const small = createMemoryRingBuffer({ ...events, maxEntries: 4096 });
    expect([small.pushRecord(new Uint8Array(4080)), small.push(1), small.lost]).toEqual([
      true,
      false,
      1,
    ]);
    for (const maxEntries of [0, 2048, 5000]) {
      const refused = { code: "invalid-argument", reason: expect.stringContaining("power of two") };
      expect(thrown(() => createMemoryRingBuffer({ ...events, maxEntries }))).toMatchObject(
        refused,
      );
      expect(thrown(() => createMemoryUserRingBuffer({ ...commands, maxEntries }))).toMatchObject(
        refused,
      );
    }
  });

  it.each([
    ["not", false, ""],
    ["just", true, "[ 1 ]\n"],
  ])("is %s waited for at the end of the process: keepAlive %s", (_, keepAlive, stdout) => {
    const index = JSON.stringify(new URL("index.ts", import.meta.url).href);
    const spec = `{ name: "e", type: "ringbuf", maxEntries: 4096, flags: 0, event: u32, layout: "" }`;
    const code = `
      import { createMemoryRingBuffer, openRingBuffer, u32 } from ${index};
      const buffer = createMemoryRingBuffer(${spec});
      const onEvents = (events) => { console.log(events); reader.close(); };
      const reader = openRingBuffer(buffer, { onEvents, onError() {}, keepAlive: ${String(keepAlive)} });
      setTimeout(() => buffer.push(1), 1).unref();
    `;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([run.stdout, run.status]).toEqual([stdout, 0]);
  });
});
