import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attachXdp } from "./attach-xdp.ts";
import { loadObject } from "./load-object.ts";
import type { OpenedObject } from "./object-types.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { requireFeature, requireKernel } from "./testing/feature.ts";
import { compileToLoad } from "./testing/fixture.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";
import { thrown } from "./testing/thrown.ts";

const metadata = compileToLoad("metadata");
const offload = compileToLoad("offload");

let namespace: TestNamespace;

beforeEach(() => {
  namespace = createTestNamespace();
});

afterEach(() => namespace[Symbol.dispose]());

const right = () => ({ ifindex: namespace.right, netns: namespace.path });
const left = () => ({ ifindex: namespace.left, netns: namespace.path });

async function bound(): Promise<OpenedObject> {
  const file = await metadata.open("look");
  file.setDevice("look", right());
  return file;
}

describe("a program that is bound to a device", () => {
  beforeEach(async (context) => {
    requireKernel(context, "programs bound to devices", "6.3");
    await requireFeature(context, "kernel-btf");
  });

  it("asks it what it knows of a packet", async () => {
    await using file = await bound();
    await using object = await file.load();
    const program = object.program("look");
    await using link = await attachXdp(program, right());
    expect(link.info()).toMatchObject({ type: "xdp", ifindex: namespace.right });
    const value = (name: string) => object.variable(object.findVariable(name)).get();
    namespace.run("ip", "address", "add", "192.0.2.1/24", "dev", "left");
    namespace.run("ip", "neigh", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "left");
    const send = "echo > /dev/udp/192.0.2.2/9";
    await vi.waitFor(() => {
      namespace.run("bash", "-c", send);
      expect(value("packets")).toBeGreaterThan(0n);
      expect(value("hash")).not.toBe(0);
    });
    expect(value("failure")).toBe(0);
  });

  it("is not attached to another one, nor in the stack", async () => {
    await using file = await bound();
    await using object = await file.load();
    const program = object.program("look");
    await expect(attachXdp(program, left())).rejects.toMatchObject({
      code: "invalid-argument",
      hint: expect.stringContaining("loaded for a device is attached there only"),
    });
    await expect(attachXdp(program, { ...right(), mode: "generic" })).rejects.toMatchObject({
      code: "invalid-argument",
      hint: expect.stringContaining("not in generic mode"),
    });
  });

  it("asks for nothing when it is loaded for no device", async () => {
    await expect(metadata.load("look")).rejects.toMatchObject({
      code: "verifier-rejected",
      log: expect.stringContaining("metadata kfuncs require device-bound program"),
    });
  });

  it("is not loaded for a device that tells nothing", async () => {
    const file = await offload.open("pass");
    file.setDevice("pass", { ifindex: interfaceIndex(1), netns: namespace.path });
    await expect(file.load()).rejects.toMatchObject({
      code: "unsupported-feature",
      reason: expect.stringContaining("device 1 tells XDP programs nothing"),
    });
  });

  it("is chosen when an object is loaded by its spec", async () => {
    const program = { name: "look", section: "xdp" };
    const spec = { name: "metadata", programs: { look: program }, maps: [], settings: {} };
    const bytes = compileFixture("metadata");
    await using object = await loadObject(spec, bytes, { device: right() });
    // The verifier takes its calls for a bound program alone.
    expect(object.program("look").info()).toMatchObject({ name: "look", device: undefined });
  });
});

describe("a program for a device", () => {
  it("is there, and all devices are in one namespace", async () => {
    using file = await offload.open("count", "pass");
    expect(thrown(() => file.setDevice("absent", right()))).toMatchObject({
      code: "no-such-member",
    });
    file.setDevice("pass", right());
    expect(thrown(() => file.setDevice("count", { ifindex: namespace.left }))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("one network namespace"),
    });
  });

  it.each([true, false])("needs the device: offload %s", async (offloaded) => {
    const file = await offload.open("pass");
    const ifindex = interfaceIndex(0x7fff_0000);
    file.setDevice("pass", { ifindex, netns: namespace.path, offload: offloaded });
    await expect(file.load()).rejects.toMatchObject({
      code: "no-device",
      reason: `there is no device ${String(ifindex)} in ${namespace.path}`,
    });
  });

  it.each(["count", "pass"])("is not offloaded to one that cannot: %s", async (name) => {
    const file = await offload.open(name);
    file.setDevice(name, { ...right(), offload: true });
    await expect(file.load()).rejects.toMatchObject({
      code: "unsupported-feature",
      reason: expect.stringContaining(`the driver of device ${String(namespace.right)}`),
      hint: expect.stringContaining('in mode "native"'),
    });
  });

  it("is attached to run on it only when it was loaded for it", async () => {
    await using object = await offload.load("pass");
    const program = object.program("pass");
    expect(program.info().device).toBeUndefined();
    const loopback = { ifindex: interfaceIndex(1), netns: namespace.path };
    await expect(attachXdp(program, { ...loopback, mode: "offload" })).rejects.toMatchObject({
      code: "unsupported-feature",
      reason: "its driver does not run programs on the device",
    });
    await expect(attachXdp(program, { ...right(), mode: "offload" })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "the program was not loaded to run on the device",
    });
  });
});
