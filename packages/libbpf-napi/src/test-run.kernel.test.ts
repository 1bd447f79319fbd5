import { readFileSync } from "node:fs";
import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachXdp } from "./attach-xdp.ts";
import { u64 } from "./codecs.ts";
import { loadObject } from "./load-object.ts";
import type { LoadedObject } from "./object-types.ts";
import type { Program } from "./program-types.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const bytes = compileFixture("testruns");
const packet = Uint8Array.from({ length: 64 }, (_, index) => index);

let object: LoadedObject;
let program: (name: string) => Program;

beforeEach(async () => {
  const spec = { name: "testruns", maps: [], programs: {}, settings: {} };
  object = await loadObject(spec, bytes);
  program = (name) => object.program(name);
});
afterEach(() => object.close());

function words(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

describe("a test run on a context of bytes", () => {
  it("changes the argument of a syscall program", async () => {
    const run = await program("add").testRun({ context: words(20n, 22n, 0n) });
    expect(run).toMatchObject({ returnValue: 42, data: new Uint8Array(), context: undefined });
    expect(run.rawContext).toEqual(words(20n, 22n, 42n));
  });

  it("gives a raw tracepoint its arguments, on the CPU that is chosen", async () => {
    const online = readFileSync("/sys/devices/system/cpu/online", "utf8").trim();
    const last = Number(/\d+$/.exec(online)?.[0]);
    const run = await program("trace").testRun({ context: words(7n, 8n), cpu: last });
    expect(run.returnValue).toBe(last);
    expect(object.variable({ section: ".bss", offset: 0, codec: u64 }).get()).toBe(7n);
  });

  it("runs programs that choose sockets", async () => {
    // struct bpf_sk_lookup of linux/bpf.h: IPv4 TCP to port 53.
    const lookup = new DataView(new ArrayBuffer(72));
    lookup.setUint32(8, 2, true);
    lookup.setUint32(12, 6, true);
    lookup.setUint32(60, 53, true);
    const context = new Uint8Array(lookup.buffer);
    const run = await program("look_up").testRun({ context });
    expect(run.returnValue).toBe(1); // SK_PASS
  });
});

describe("a test run of an XDP program", () => {
  let namespace: TestNamespace;
  beforeEach(() => {
    namespace = createTestNamespace();
  });
  afterEach(() => namespace[Symbol.dispose]());

  it("has its metadata, device and queue", async () => {
    const metadata = Uint8Array.of(5, 6, 7, 8, 9, 10, 11, 12);
    const { left: ingressIfindex, path: netns } = namespace;
    const xdp = { ingressIfindex, rxQueueIndex: 0, metadata };
    const run = await program("describe").testRun({ data: packet, xdp, netns });
    expect(run.returnValue).toBe(100 * ingressIfindex + 5);
    expect(run.data).toEqual(packet);
    expect(run.metadata).toEqual(metadata.subarray(4));
  });

  it("lets live frames go out by the device", async () => {
    const { left: ingressIfindex, path: netns } = namespace;
    // The other end takes frames of XDP_TX when it runs a program itself.
    await using _there = await attachXdp(program("describe"), { ifindex: namespace.right, netns });
    const sent = (): number =>
      Number(namespace.run("cat", "/sys/class/net/left/statistics/tx_packets"));
    const before = sent();
    const run = await program("bounce").testRun({
      data: packet,
      xdp: { ingressIfindex },
      liveFrames: true,
      batchSize: 16,
      repeat: 100,
      netns,
    });
    expect(run.data).toEqual(new Uint8Array());
    expect(sent() - before).toBeGreaterThanOrEqual(100);
  });

  it.each([
    ["metadata of a length that is no multiple of 4", { xdp: { metadata: new Uint8Array(3) } }],
    ["a batch without live frames", { batchSize: 8 }],
    ["a batch that is too large", { batchSize: 257, liveFrames: true }],
    ["a context of another type", { context: new Uint8Array(5) }],
  ])("is refused with %s", async (_, options) => {
    const input = { data: packet, ...options };
    await expect(program("describe").testRun(input)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("is refused for a device that is not there", async () => {
    const xdp = { ingressIfindex: interfaceIndex(0x7fff_0000) };
    await expect(program("describe").testRun({ data: packet, xdp })).rejects.toMatchObject({
      code: "no-device",
      reason: "there is no device 2147418112",
    });
  });
});
