import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadObject } from "./load-object.ts";
import type { LoadedObject } from "./object-types.ts";
import type { Program } from "./program-types.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { compileCounter } from "./testing/counter.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const counter = compileCounter();

let namespace: TestNamespace;
let objects: readonly LoadedObject[];
let program: (name: string) => Program;

beforeEach(async () => {
  namespace = createTestNamespace();
  const spec = { name: "testruns", maps: [], programs: {}, settings: {} };
  const runs = await loadObject(spec, compileFixture("testruns"));
  const counts = await loadObject(counter.object, counter.bytes);
  objects = [runs, counts];
  program = (name) => (name === "describe" ? runs : counts).program(name);
});
afterEach(() => {
  for (const object of objects) object.close();
  namespace[Symbol.dispose]();
});

function packetOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index + length) % 256);
}

const lengths = [64, 1500, 60, 33, 2000];

describe("test runs of many packets", () => {
  it("say of each what became of it, in order, whatever their lengths", async () => {
    const packets = lengths.map((length) => ({ data: packetOf(length) }));
    const outcomes = await program("grow").testRuns({ packets });
    expect(outcomes).toHaveLength(packets.length);
    for (const [index, outcome] of outcomes.entries()) {
      const { data, returnValue } = await program("grow").testRun(packets[index] ?? {});
      expect(outcome).toEqual({ refused: undefined, returnValue, data });
    }
  });

  it("are one each", async () => {
    const packets = Array.from({ length: 1000 }, () => ({ data: packetOf(64) }));
    await program("observe").testRuns({ packets });
    const [, counts] = objects;
    expect(counts?.perCpuMap(counter.counters).fold(0, (sum, each) => sum + each, 0n)).toBe(1000n);
  });

  it("go on after a packet that the kernel does not take", async () => {
    const absent = { ifindex: interfaceIndex(0x7fff_0000) };
    const packets = [
      { data: packetOf(13) },
      { data: packetOf(64) },
      { data: packetOf(64), context: absent },
      { data: packetOf(64), context: { wireLength: 1 } },
      { data: packetOf(65) },
    ];
    const outcomes = await program("observe").testRuns({ packets });
    expect(outcomes.map(({ refused }) => refused)).toEqual([
      "EINVAL",
      undefined,
      "ENODEV",
      "EINVAL",
      undefined,
    ]);
    expect(outcomes[4]).toMatchObject({ returnValue: -1, data: packetOf(65) });
  });

  it("give XDP programs their metadata and devices, in the namespace that is told", async () => {
    const { left: ingressIfindex, path: netns } = namespace;
    const packets = lengths
      .filter((length) => length < 2000)
      .map((length) => ({
        data: packetOf(length),
        xdp: { ingressIfindex, metadata: Uint8Array.of(length % 7, 0, 0, 0, 9, 9, 9, 9) },
      }));
    const outcomes = await program("describe").testRuns({ packets, netns });
    expect(outcomes).toEqual(
      packets.map(({ data }) => ({
        refused: undefined,
        returnValue: 100 * ingressIfindex + (data.length % 7),
        data,
      })),
    );
  });

  it("of no packets are no outcomes", async () => {
    expect(await program("observe").testRuns({ packets: [] })).toEqual([]);
  });

  it("are refused for a program type that has none, and in a namespace that is not there", async () => {
    const packets = [{ data: packetOf(64) }];
    await expect(program("connect4").testRuns({ packets })).rejects.toMatchObject({
      code: "unsupported-feature",
      subject: "program connect4",
    });
    const netns = "/run/netns/hdt-absent";
    await expect(program("observe").testRuns({ packets, netns })).rejects.toMatchObject({
      code: "kernel-error",
      reason: `there is no network namespace ${netns}`,
    });
  });

  it("go on when the handle is closed meanwhile", async () => {
    const packets = Array.from({ length: 10_000 }, () => ({ data: packetOf(64) }));
    const observe = program("observe");
    const running = observe.testRuns({ packets });
    observe.close();
    expect(await running).toHaveLength(packets.length);
    await expect(observe.testRuns({ packets })).rejects.toMatchObject({ code: "handle-closed" });
  });
});
