import { expect, it, onTestFinished } from "vitest";
import { deviceIndex } from "./device-index.ts";
import { createTestNamespace } from "./testing/namespace.ts";

it("a device's index is found by its name, here and in another network namespace", async () => {
  const namespace = createTestNamespace();
  onTestFinished(() => namespace[Symbol.dispose]());
  const { path: netns, left, right } = namespace;
  expect(await deviceIndex("lo")).toBe(1);
  expect(await deviceIndex("left", { netns })).toBe(left);
  expect(await deviceIndex("right", { netns })).toBe(right);
  await expect(deviceIndex("hdt-absent")).rejects.toMatchObject({
    code: "no-device",
    reason: "there is none of that name in the network namespace of this process",
  });
  await expect(deviceIndex("hdt-absent", { netns })).rejects.toMatchObject({ code: "no-device" });
  await expect(deviceIndex("lo", { netns: "/run/netns/absent" })).rejects.toMatchObject({
    reason: "there is no network namespace /run/netns/absent",
  });
});
