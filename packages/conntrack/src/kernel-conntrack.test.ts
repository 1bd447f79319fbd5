import { createManualClock, parseIp, silentLogger } from "@heddle/contracts";
import {
  createMemoryMap,
  createMemoryPerCpuMap,
  createMemoryRingBuffer,
  decodeFromBytes,
  encodeToBytes,
} from "libbpf-napi";
import { describe, expect, it } from "vitest";
import {
  connCountersMap,
  connectionsMap,
  connectionSweepCodec,
  connEventsMap,
  connGaugesMap,
  connSettingsMap,
  natDevicesMap,
  natPortsMap,
  natPrefixesMap,
  natSettingsMap,
  natWarningsMap,
} from "./generated/bpf.ts";
import { createKernelConntrack, type KernelConntrackOptions } from "./kernel-conntrack.ts";
import { findHz, nearestHz } from "./kernel-hz.ts";
import { jiffiesOf, KernelTime } from "./kernel-time.ts";
import { connectionTuple } from "./tuple.ts";
import { bytesPerConnection, connectionsForMemory } from "./table-size.ts";

/** Maps in memory, and programs that say what a kernel says of an empty table. */
function setUp(options: KernelConntrackOptions = {}) {
  const settings = createMemoryMap(connSettingsMap);
  const blank = decodeFromBytes(connectionSweepCodec, new Uint8Array(connectionSweepCodec.size));
  const done = { ...blank, hz: 250, now: 5000n, soonest: 2n ** 64n - 1n };
  const result = encodeToBytes(connectionSweepCodec, done);
  const program = {
    testRun: () =>
      Promise.resolve({
        returnValue: 0,
        data: new Uint8Array(),
        context: undefined,
        rawContext: result,
        metadata: undefined,
        durationNs: 0,
      }),
  };
  const maps = {
    connections: createMemoryMap({ ...connectionsMap, maxEntries: 100 }),
    settings,
    gauges: createMemoryMap(connGaugesMap),
    counters: createMemoryPerCpuMap(connCountersMap),
    events: createMemoryRingBuffer(connEventsMap),
    nat: {
      settings: createMemoryMap(natSettingsMap),
      devices: createMemoryMap(natDevicesMap),
      prefixes: createMemoryMap(natPrefixesMap),
      ports: createMemoryMap(natPortsMap),
      warnings: createMemoryRingBuffer(natWarningsMap),
    },
  };
  const deps = {
    maps,
    programs: { sweep: program, flush: program },
    clock: createManualClock(),
    logger: silentLogger,
  };
  return { settings, maps, conntrack: createKernelConntrack(deps, options) };
}

describe("the settings of the programs", () => {
  it("are written at the start, in jiffies of this kernel", async () => {
    const { settings, conntrack } = setUp({ limit: 50, timeouts: { other: 30_000 } });
    await conntrack.start();
    expect(settings.get(0)).toEqual({
      lifetime: [15_000n, 2_000_000n, 2500n, 7500n, 15_000n, 2_000_000n, 15_000n, 7500n],
      limit: 50n,
      fragmentLifetime: 7500n,
      clockMask: 2n ** 64n - 1n,
      clockOffset: 0n,
      hz: 250,
      events: 0,
    });
    await conntrack.close();
  });

  it("ask for events while somebody subscribes", async () => {
    const { settings, conntrack } = setUp();
    await conntrack.start();
    const subscription = conntrack.removals.events$.subscribe();
    expect(settings.get(0)?.events).toBe(1);
    subscription.unsubscribe();
    expect(settings.get(0)?.events).toBe(0);
    await conntrack.close();
  });

  it.each([
    [{ limit: 0 }, "limit"],
    [{ limit: 101 }, "limit"],
    [{ fragmentTimeout: 0 }, "fragmentTimeout"],
    [{ countersInterval: 0.5 }, "countersInterval"],
    [{ timeouts: { opening: 90_000, established: 60_000 } }, "timeouts.opening"],
    [{ timeouts: { closing: 8_000_001 } }, "timeouts.closing"],
    [{ serviceTimeouts: { established: 50_000 } }, "serviceTimeouts.opening"],
  ])("that contradict themselves or one another are refused: %j", (options, subject) => {
    expect(() => setUp(options)).toThrow(
      expect.objectContaining({ code: "invalid-option", subject }),
    );
  });

  it("are missing where nobody has started", () => {
    const { conntrack, maps } = setUp();
    const [source, destination] = [parseIp("::1"), parseIp("::2")];
    maps.connections.set(
      { address: [source, destination], port: [1, 2], protocol: 6, scope: 0 },
      {
        ...decodeFromBytes(connectionsMap.value, new Uint8Array(connectionsMap.value.size)),
        expires: 1n,
      },
    );
    const ports = { sourcePort: 1, destinationPort: 2 };
    const tuple = connectionTuple({ protocol: "tcp", source, destination, ...ports });
    expect(() => conntrack.get(tuple)).toThrow(expect.objectContaining({ code: "not-tracking" }));
  });
});

describe("jiffies", () => {
  it.each([
    [250, 1, 1n],
    [250, 1000, 250n],
    [100, 8_000_000, 800_000n],
    [300, 10, 3n],
    [1000, 60_000, 60_000n],
  ])("of %i in a second, in %i ms", (hz, milliseconds, jiffies) => {
    expect(jiffiesOf(milliseconds, hz)).toBe(jiffies);
  });

  it("are times of the clock by one moment that both know", () => {
    const time = new KernelTime(250, 5000n, 100);
    expect(time.millisecondsOf(5250n)).toBe(1100);
    expect(time.millisecondsOf(4975n)).toBe(0);
  });

  it("are counted where the kernel does not tell how many a second has", async () => {
    const walks = [
      { hz: 0, now: 1000n, time: 0n },
      { hz: 0, now: 1051n, time: 200_000_000n },
    ];
    const waited: number[] = [];
    const walk = () => Promise.resolve(walks.shift() ?? { hz: 0, now: 0n, time: 1n });
    const wait = (milliseconds: number) => Promise.resolve(waited.push(milliseconds));
    expect(await findHz(walk, wait)).toBe(250);
    expect(waited).toEqual([200]);
    walks.push({ hz: 100, now: 0n, time: 0n });
    expect(await findHz(walk, wait)).toBe(100);
    expect(waited).toEqual([200]);
  });

  it.each([
    [20n, 100],
    [19n, 100],
    [49n, 250],
    [61n, 300],
    [199n, 1000],
  ])("%i in 200 ms are of a kernel with %i", (jiffies, hz) => {
    expect(nearestHz(jiffies, 200_000_000n)).toBe(hz);
  });
});

describe("the size of a table", () => {
  const gib = 2 ** 30;
  it.each([
    [0.25 * gib, 16_384],
    [8 * gib, 262_144],
    [64 * gib, 2_097_152],
    [1024 * gib, 4_194_304],
  ])("on a machine with %i bytes", (memory, connections) => {
    expect(connectionsForMemory(memory)).toBe(connections);
  });

  it("takes no more than 1/64 of the memory, where that is enough for the smallest", () => {
    for (let memory = gib; memory <= 128 * gib; memory *= 1.3) {
      expect(connectionsForMemory(memory) * bytesPerConnection).toBeLessThanOrEqual(memory / 64);
    }
  });
});
