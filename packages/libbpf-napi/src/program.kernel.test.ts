import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { interfaceIndex } from "@heddle/contracts";
import { loadObject } from "./load-object.ts";
import type { LoadedObject } from "./object-types.ts";
import { openPinnedProgram, openProgramById } from "./program.ts";
import type { Program } from "./program-types.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileCounter } from "./testing/counter.ts";
import { createTestNamespace } from "./testing/namespace.ts";
import { thrown } from "./testing/thrown.ts";

const counter = compileCounter();
const packet = Uint8Array.from({ length: 64 }, (_, index) => index);

let object: LoadedObject;
let observe: Program;

beforeEach(async () => {
  object = await loadObject(counter.object, counter.bytes);
  observe = object.program("observe");
});

afterEach(() => object.close());

describe("a program's id", () => {
  it("opens it again", () => {
    using again = openProgramById(observe.info().id);
    expect(again.info()).toEqual(observe.info());
  });

  it("opens nothing when no program has it", () => {
    const error = thrown(() => openProgramById(0x7fff_fff0));
    expect(error).toMatchObject({ code: "no-such-program", subject: "of id 2147483632" });
  });
});

describe("a test run", () => {
  it("gives back verdict, packet and context", async () => {
    const context = { mark: 3, priority: 5, cb: [41], timestamp: 9n, gsoSize: 10, gsoSegs: 2 };
    const run = await observe.testRun({ data: packet, context });
    expect(run).toEqual({
      returnValue: -1,
      data: packet,
      context: {
        mark: 7,
        priority: 5,
        cb: [41, 42, 0, 0, 0],
        timestamp: 9n,
        wireLength: 64,
        gsoSegs: 2,
        gsoSize: 10,
      },
      rawContext: undefined,
      metadata: undefined,
      durationNs: expect.any(Number),
    });
    expect(object.map(counter.samples).get(3)).toEqual({ length: 64, mark: 3 });
  });

  it("runs as often as told", async () => {
    const run = await observe.testRun({ data: packet, repeat: 1000 });
    expect(run.durationNs).toBeGreaterThan(0);
    expect(run.context).toBeUndefined();
    const runs = object.perCpuMap(counter.counters).fold(0, (sum, each) => sum + each, 0n);
    expect(runs).toBe(1000n);
  });

  it("lets the packet grow", async () => {
    const { data, returnValue } = await object.program("grow").testRun({ data: packet });
    expect(returnValue).toBe(0);
    expect(data.length).toBe(78);
    expect(data.subarray(0, 64)).toEqual(packet);
  });

  it("runs XDP programs", async () => {
    const { returnValue } = await object.program("xdp_pass").testRun({ data: packet });
    expect(returnValue).toBe(2); // XDP_PASS
  });

  it("finds devices in the namespace it was told", async () => {
    using namespace = createTestNamespace();
    const { left: ifindex, path: netns } = namespace;
    const context = { ifindex, ingressIfindex: ifindex };
    const run = await observe.testRun({ data: packet, context, netns });
    expect(run.returnValue).toBe(-1);
  });

  it.each([
    ["a packet without Ethernet header", { data: packet.subarray(0, 13) }, "invalid-argument"],
    [
      "a device that is not there",
      { data: packet, context: { ifindex: interfaceIndex(0x7fff_0000) } },
      "no-device",
    ],
    [
      "a wire length below the packet's",
      { data: packet, context: { wireLength: 1 } },
      "invalid-argument",
    ],
    [
      "a namespace that is not there",
      { data: packet, netns: "/run/netns/hdt-absent" },
      "kernel-error",
    ],
    [
      "too many numbers in cb",
      { data: packet, context: { cb: [1, 2, 3, 4, 5, 6] } },
      "invalid-argument",
    ],
  ])("refuses %s", async (_, input, code) => {
    await expect(observe.testRun(input)).rejects.toMatchObject({ code });
  });

  it("refuses a program type that has none", async () => {
    await expect(object.program("connect4").testRun({ data: packet })).rejects.toMatchObject({
      code: "unsupported-feature",
      subject: "program connect4",
      errno: "ENOTSUPP",
    });
  });

  it("goes on when its handle is closed meanwhile", async () => {
    const running = observe.testRun({ data: packet, repeat: 100_000 });
    observe.close();
    await expect(running).resolves.toMatchObject({ returnValue: -1 });
  });
});

describe("info", () => {
  it("tells what the kernel knows", () => {
    const info = observe.info();
    expect(info).toMatchObject({
      name: "observe",
      type: "sched_cls",
      tag: expect.stringMatching(/^[0-9a-f]{16}$/),
      recursionMisses: 0n,
    });
    expect(info.loadTime).toBeGreaterThan(0n);
    expect(info.jitedSize).toBeGreaterThan(0);
    expect(info.translatedSize).toBeGreaterThan(0);
    expect(info.verifiedInstructions).toBeGreaterThan(0);
    expect(info.mapIds).toContain(object.map(counter.samples).info().id);
  });
});

describe("a pinned program", () => {
  it("is opened by its path, and is the same program", async () => {
    using pins = createBpffsFolder();
    observe.pin(pins.path("observe"));
    using again = openPinnedProgram(pins.path("observe"));
    expect(again.name).toBe("observe");
    expect(again.info().id).toBe(observe.info().id);
    expect((await again.testRun({ data: packet })).returnValue).toBe(-1);
  });

  it("is not found, or is another kind of thing", () => {
    using pins = createBpffsFolder();
    const path = pins.path("x");
    expect(thrown(() => openPinnedProgram(path))).toMatchObject({
      code: "pin-missing",
      subject: path,
    });
    object.map(counter.samples).pin(path);
    expect(thrown(() => openPinnedProgram(path))).toMatchObject({
      code: "incompatible-pin",
      reason: expect.stringContaining("wanted program"),
    });
  });
});
