import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachNetkit } from "./attach-netkit.ts";
import { loadObject } from "./load-object.ts";
import type { LoadedObject } from "./object-types.ts";
import { compileCounter } from "./testing/counter.ts";
import { requireFeature, requireLack } from "./testing/feature.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const counter = compileCounter();

let object: LoadedObject;
let namespace: TestNamespace;

beforeEach(async () => {
  object = await loadObject(counter.object, counter.bytes);
  namespace = createTestNamespace();
});

afterEach(() => {
  namespace[Symbol.dispose]();
  object.close();
});

describe("a netkit link", () => {
  it.for(["primary", "peer"] as const)("attaches to the %s end", async (hook, context) => {
    await requireFeature(context, "netkit");
    namespace.run("ip", "link", "add", "host", "type", "netkit", "peer", "name", "pod");
    const index = namespace.run("cat", "/sys/class/net/host/ifindex");
    const ifindex = interfaceIndex(Number(index));
    const program = object.program("grow");
    await using link = await attachNetkit(program, { ifindex, hook, netns: namespace.path });
    expect(link.info()).toMatchObject({ type: "netkit", ifindex, hook });
    await link.update(object.program("send_wrong_size"));
  });

  it("is refused for another kind of device", async (context) => {
    await requireFeature(context, "netkit");
    const { left: ifindex, path: netns } = namespace;
    const program = object.program("grow");
    await expect(attachNetkit(program, { ifindex, hook: "peer", netns })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "the device is no netkit device",
    });
  });

  it("needs a kernel that has it", async (context) => {
    await requireLack(context, "netkit");
    const { left: ifindex, path: netns } = namespace;
    const program = object.program("grow");
    await expect(attachNetkit(program, { ifindex, hook: "peer", netns })).rejects.toMatchObject({
      code: "unsupported-feature",
      feature: "netkit",
      sinceKernel: "6.7",
    });
  });
});
