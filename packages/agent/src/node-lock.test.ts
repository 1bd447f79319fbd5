import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { createNodeLock } from "./node-lock.ts";

describe("the lock of a node", () => {
  it("names who has it, until that lets go", async () => {
    const name = `\0heddle-test-${randomUUID()}`;
    await using first = createNodeLock({ pid: 7, nodeName: "n1" }, { name });
    await first.start();
    await using second = createNodeLock({ pid: 8, nodeName: "n2" }, { name });
    await expect(second.start()).rejects.toMatchObject({
      code: "running-already",
      reason: "another agent serves this node: process 7 of node n1",
    });
    await first.close();
    await using third = createNodeLock({ pid: 9, nodeName: "n2" }, { name });
    await third.start();
  });

  it.each([
    ["silent", (): void => undefined],
    ["chatty", (socket: Socket) => void socket.write("{".repeat(9))],
    ["gone", (socket: Socket) => void socket.destroy()],
  ])("is refused in time when who has it is %s", async (_how, answer) => {
    const name = `\0heddle-test-${randomUUID()}`;
    const holder = createServer(answer).listen(name);
    await once(holder, "listening");
    await using lock = createNodeLock({ pid: 8, nodeName: "n2" }, { name, timeout: 50 });
    await expect(lock.start()).rejects.toMatchObject({
      code: "running-already",
      reason: expect.stringContaining("a process that does not say who it is"),
    });
    holder.close();
  });
});
