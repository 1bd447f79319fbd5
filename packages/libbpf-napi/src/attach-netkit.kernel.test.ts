import { describe, expect, it } from "vitest";
import { attachNetkit } from "./attach-netkit.ts";
import { deviceIndex } from "./device-index.ts";
import { counterScene } from "./testing/counter-scene.ts";
import { requireFeature, requireLack } from "./testing/feature.ts";
import { addNetkitPair } from "./testing/netkit-pair.ts";

const scene = counterScene();

describe("a netkit link", () => {
  it.for(["primary", "peer"] as const)("attaches to the %s end", async (hook, context) => {
    await requireFeature(context, "netkit");
    addNetkitPair(scene.namespace);
    const ifindex = await deviceIndex("host", { netns: scene.namespace.path });
    const program = scene.object.program("grow");
    await using link = await attachNetkit(program, { ifindex, hook, netns: scene.namespace.path });
    // The kernel tells the end whose traffic the program sees.
    const end = hook === "peer" ? "pod" : "host";
    const told = await deviceIndex(end, { netns: scene.namespace.path });
    expect(link.info()).toMatchObject({ type: "netkit", ifindex: told, hook });
    await link.update(scene.object.program("send_wrong_size"));
  });

  it("is refused for another kind of device", async (context) => {
    await requireFeature(context, "netkit");
    const { left: ifindex, path: netns } = scene.namespace;
    const program = scene.object.program("grow");
    await expect(attachNetkit(program, { ifindex, hook: "peer", netns })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "the device is no netkit device",
    });
  });

  it("needs a kernel that has it", async (context) => {
    await requireLack(context, "netkit");
    const { left: ifindex, path: netns } = scene.namespace;
    const program = scene.object.program("grow");
    await expect(attachNetkit(program, { ifindex, hook: "peer", netns })).rejects.toMatchObject({
      code: "unsupported-feature",
      feature: "netkit",
      sinceKernel: "6.7",
    });
  });
});
