import { closeSync, openSync } from "node:fs";
import { interfaceIndex } from "@heddle/contracts";
import {
  createMap,
  decodeFromBytes,
  kernelFeatures,
  type LoadedObject,
  loadObject,
  openPerfBuffer,
  openRingBuffer,
  openTask,
  openUserRingBuffer,
} from "libbpf-napi";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { compileProgram } from "./testing/foreign-object.ts";
import { eventCodec, kindsObject, type Event, type Port } from "./testing/generated/kinds.ts";
import { openCgroup, openSocket } from "./testing/owners.ts";

const { maps, programs, variables } = kindsObject;
const packet = new Uint8Array(64);
const port: Port = { number: 443, netns: 1 };
const event: Event = { kind: 3, time: 1n << 40n };

let object: LoadedObject;
let supported: ReadonlyMap<string, boolean>;

/** The whole object, without the maps that this kernel has not. */
beforeAll(async () => {
  supported = (await kernelFeatures()).mapTypes;
  const missing = Object.values(maps)
    .filter(({ type }) => supported.get(type) === false)
    .map(({ name }) => [name, { create: false }] as const);
  object = await loadObject(kindsObject, compileProgram("fixtures/kinds.bpf.c"), {
    maps: Object.fromEntries(missing),
  });
});

afterAll(() => object.close());

function requireType(context: TestContext, type: string): void {
  if (supported.get(type) === false) context.skip(`this kernel has no maps of type ${type}`);
}

async function run(program: { readonly name: string }, mark = 0): Promise<number> {
  const result = await object.program(program.name).testRun({ data: packet, context: { mark } });
  return result.returnValue;
}

describe("maps of entries", () => {
  it.each([maps.ports, maps.recent])("of type $type, $name", (spec) => {
    const map = object.map(spec);
    map.set(port, -5n);
    expect(map.get(port)).toBe(-5n);
    expect(map.get({ ...port, netns: 2 })).toBeUndefined();
    expect(map.delete(port)).toBe(true);
  });

  it("have keys that the program finds, with zeros for padding", async () => {
    const ports = object.map(maps.ports);
    ports.set(port, -5n);
    await run(programs.fill);
    expect(ports.get(port)).toBe(-6n);
    expect(await Array.fromAsync(ports.entries())).toEqual([[port, -6n]]);
  });

  it("of arrays", () => {
    const slots = object.map(maps.slots);
    slots.set(2, 9);
    expect([slots.get(2), slots.get(8)]).toEqual([9, undefined]);
  });

  it.each([maps.portHits, maps.recentHits])("of CPUs, of type $type", (spec) => {
    const hits = object.perCpuMap(spec);
    hits.set(
      port,
      Array.from({ length: hits.cpus }, () => 2n),
    );
    expect(hits.fold(port, (sum, value) => sum + value, 0n)).toBe(2n * BigInt(hits.cpus));
  });

  it("of CPUs, in an array", async () => {
    const hits = object.perCpuMap(maps.hits);
    const before = hits.fold(0, (sum, value) => sum + value, 0n) ?? 0n;
    await run(programs.fill);
    expect(hits.fold(0, (sum, value) => sum + value, 0n)).toBe(before + 1n);
  });

  it("of prefixes", () => {
    const prefixes = object.map(maps.prefixes);
    prefixes.set({ length: 8, address: Uint8Array.of(10, 0, 0, 0) }, 1);
    expect(prefixes.get({ length: 32, address: Uint8Array.of(10, 1, 2, 3) })).toBe(1);
    expect(prefixes.get({ length: 32, address: Uint8Array.of(11, 1, 2, 3) })).toBeUndefined();
  });

  it("of which only sizes are known are bytes", () => {
    const sizes = object.map(maps.sizes);
    sizes.set(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(sizes.get(Uint8Array.of(1, 2, 3, 4))).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  it("with a name that the kernel cuts", () => {
    const map = object.map(maps.pinnedElsewhere);
    map.set(-1, 1);
    expect(map.get(-1)).toBe(1);
  });
});

function fail(error: Error): void {
  throw error;
}

describe("buffers", () => {
  it("of a ring tell events of one type, and others as bytes", async () => {
    const events: Event[] = [];
    const records: Uint8Array[] = [];
    const typed = openRingBuffer(object.ringBuffer(maps.events), {
      onEvents: (arrived) => events.push(...arrived),
      onError: fail,
    });
    const untyped = openRingBuffer(object.ringBuffer(maps.anyEvents), {
      onEvents: (arrived) => records.push(...arrived),
      onError: fail,
    });
    for (const mark of [1, 5]) await run(programs.fill, mark);
    typed.close();
    untyped.close();
    expect(events).toContainEqual(event);
    expect(records.map(({ length }) => length).slice(-2)).toEqual([1, 5]);
    expect(records.at(-1)?.[0]).toBe(3);
  });

  it("of perf tell events by CPU", async () => {
    const events: Event[] = [];
    const reader = openPerfBuffer(object.perfBuffer(maps.perfEvents), {
      onEvents: (arrived) => events.push(...arrived),
      onLost: () => undefined,
      onError: fail,
    });
    await run(programs.fill);
    reader.close();
    expect(events).toEqual([event]);
  });

  it("of perf are maps of perf events, too", () => {
    const map = object.referenceMap(maps.perfEvents);
    expect(map.maxEntries).toBeGreaterThan(0);
    expect(map.delete(0)).toBe(false);
  });

  it("of users send commands of one type, and others as bytes", async (context) => {
    requireType(context, "user_ringbuf");
    using typed = openUserRingBuffer(object.userRingBuffer(maps.commands));
    using untyped = openUserRingBuffer(object.userRingBuffer(maps.anyCommands));
    expect(typed.send({ number: 77, name: "stop" })).toBe(true);
    expect(untyped.send(new Uint8Array(13))).toBe(true);
    expect(() => untyped.reserve()).toThrow(/its events have no one size \(send them whole\)/);
    expect(await run(programs.drain)).toBe(2);
    expect(object.variable(variables.lastCommand).get()).toBe(77);
    expect(object.variable(variables.lastSize).get()).toBe(13);
  });
});

describe("maps without keys", () => {
  it("are queues and stacks", async () => {
    const jobs = object.queue(maps.jobs);
    while (jobs.pop() !== undefined);
    await run(programs.fill);
    expect(jobs.pop()).toEqual({ number: 9, name: "fill" });
    const undone = object.queue(maps.undone);
    for (const byte of [1, 2]) undone.push(new Uint8Array(8).fill(byte));
    expect(undone.pop()).toEqual(new Uint8Array(8).fill(2));
  });

  it("are bloom filters", async () => {
    const seen = object.bloomFilter(maps.seen);
    await run(programs.fill, 1234);
    expect([seen.mightContain(1234), maps.seen.hashes]).toEqual([true, 3]);
    seen.add(-4);
    expect(seen.mightContain(-4)).toBe(true);
  });
});

describe("maps of references", () => {
  it("to programs", async () => {
    const tails = object.referenceMap(maps.tails);
    expect(await run(programs.jump, 1)).toBe(7);
    tails.set(1, object.program(programs.tail.name));
    expect(await run(programs.jump, 1)).toBe(42);
  });

  it("to maps", async () => {
    const { key, value } = maps.firstTenant;
    using tenant = await createMap({ ...maps.firstTenant, name: "tenant", key, value });
    object.referenceMap(maps.tenants).set(1, tenant);
    object.referenceMap(maps.namedTenants).set(port, tenant);
    expect(object.referenceMap(maps.tenants).get(1)).toBe(tenant.info().id);
    expect(object.referenceMap(maps.namedTenants).get(port)).toBe(tenant.info().id);
  });

  it("to devices", () => {
    const ifindex = interfaceIndex(1);
    for (const map of [object.referenceMap(maps.devices), object.referenceMap(maps.namedDevices)]) {
      map.set(1, { ifindex });
      expect(map.get(1)).toEqual({ ifindex, programId: undefined });
    }
  });

  it("to CPUs", () => {
    const cpus = object.referenceMap(maps.cpus);
    cpus.set(0, { queueSize: 64 });
    expect(cpus.get(0)).toEqual({ queueSize: 64, programId: undefined });
  });

  it("to sockets", async () => {
    await using socket = await openSocket();
    const [sockets, named] = [
      object.referenceMap(maps.sockets),
      object.referenceMap(maps.namedSockets),
    ];
    sockets.set(1, socket.fd);
    named.set(port, socket.fd);
    expect(sockets.get(1)).toBe(named.get(port));
    expect([sockets.delete(1), named.delete(port)]).toEqual([true, true]);
  });

  it("to sockets of AF_XDP, which this is none of", async () => {
    await using socket = await openSocket();
    expect(() => object.referenceMap(maps.queues).set(0, socket.fd)).toThrow(/AF_XDP/);
  });

  it("to cgroups", async () => {
    await using cgroup = openCgroup();
    const cgroups = object.referenceMap(maps.cgroups);
    cgroups.set(0, cgroup.fd);
    expect(cgroups.delete(0)).toBe(true);
  });
});

describe("storage", () => {
  it("of sockets", async () => {
    await using socket = await openSocket();
    const storage = object.storageMap(maps.perSocket);
    storage.set(socket.fd, event);
    expect(storage.get(socket.fd)).toEqual(event);
  });

  it("of tasks", (context) => {
    requireType(context, "task_storage");
    using task = openTask(process.pid);
    const storage = object.storageMap(maps.perTask);
    storage.set(task.fd, event);
    expect(storage.get(task.fd)).toEqual(event);
  });

  it("of files", (context) => {
    requireType(context, "inode_storage");
    const fd = openSync(import.meta.filename, "r");
    try {
      const storage = object.storageMap(maps.perInode);
      storage.set(fd, event);
      expect(storage.get(fd)).toEqual(event);
      expect(storage.delete(fd)).toBe(true);
    } finally {
      closeSync(fd);
    }
  });

  it("of cgroups", async (context) => {
    requireType(context, "cgrp_storage");
    await using cgroup = openCgroup();
    const storage = object.storageMap(maps.perCgroup);
    storage.set(cgroup.fd, event);
    expect(storage.get(cgroup.fd)).toEqual(event);
  });
});

describe("the rest", () => {
  it("is an arena", (context) => {
    requireType(context, "arena");
    const { bytes } = object.arena(maps.memory).memory();
    bytes.set([3], eventCodec.size);
    expect(decodeFromBytes(eventCodec, bytes.subarray(eventCodec.size)).kind).toBe(3);
  });

  it("is reached by its name", () => {
    expect(object.rawMap(maps.stacks.name)).toMatchObject({
      type: "stack_trace",
      keySize: 4,
      valueSize: 128,
    });
  });
});
