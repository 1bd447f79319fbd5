import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { attachIterator, readIterator } from "./attach-iterator.ts";
import { attachNetns } from "./attach-netns.ts";
import { attachSockmap } from "./attach-sockmap.ts";
import { attachTcx, queryTcx } from "./attach-tcx.ts";
import { attachXdp } from "./attach-xdp.ts";
import { u32 } from "./codecs.ts";
import { createMap } from "./kernel-map.ts";
import { openLinkById, openPinnedLink } from "./link.ts";
import { loadObject } from "./load-object.ts";
import { openObject } from "./object.ts";
import { unpin } from "./pin.ts";
import { openPerfBuffer } from "./perf-buffer.ts";
import { openPinnedMap } from "./pinned-map.ts";
import { probe } from "./probe.ts";
import { openPinnedProgram } from "./program.ts";
import { enableProgramStats } from "./program-stats.ts";
import { openRawMap } from "./raw-map.ts";
import { createReferenceMap } from "./reference-map.ts";
import { openRingBuffer } from "./ring-buffer.ts";
import { createStorageMap } from "./storage-map.ts";
import { openTask } from "./task.ts";
import { numberedEvent } from "./testing/buffers.ts";
import { type BpffsFolder, createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { compileCounter } from "./testing/counter.ts";
import { compileToLoad } from "./testing/fixture.ts";
import { requireFeature } from "./testing/feature.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";
import { runChild } from "./testing/run-child.ts";
import { openUserRingBuffer } from "./user-ring-buffer.ts";
import { btfs, links, maps, openMapHandleById, programs } from "./walk.ts";

const counter = compileCounter();
const rejected = compileFixture("rejected");
const tracing = compileToLoad("tracing");
const buffers = compileFixture("buffers");
const packet = new Uint8Array(64);

let folder: string;
let pins: BpffsFolder;
let namespace: TestNamespace;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hdt-leak-"));
  pins = createBpffsFolder();
  namespace = createTestNamespace();
});

afterAll(() => {
  namespace[Symbol.dispose]();
  pins[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** Descriptors of this process that refer to something of BPF. */
function openBpf(): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // The descriptor of the listing itself.
    }
  });
  return targets.filter((target) => /bpf|btf|netns|eventpoll|perf_event|pidfd|cgroup/.test(target))
    .length;
}

/** Everything that attaches programs, with success and failure. */
async function attachAll(): Promise<void> {
  await using object = await tracing.load("on_switch", "on_clock", "on_function");
  const clock = { kind: "perf-event", event: "cpu-clock", cpu: 0 } as const;
  await using link = await object.attach("on_switch");
  await using _clock = await object.attach("on_clock", clock);
  openLinkById(link.info().id)[Symbol.dispose]();
  const kprobe = { kind: "kprobe", function: "no_such_function" } as const;
  await expect(object.attach("on_clock", { ...clock, cpu: -7 })).rejects.toThrow("CPU");
  await expect(object.attach("on_switch", clock)).rejects.toThrow("clock");
  await expect(object.attach("on_function", kprobe)).rejects.toThrow("function");
  for (const walk of [programs, maps, links, btfs])
    expect(walk().toArray().length).toBeGreaterThan(0);
  enableProgramStats().close();
  await using iterators = await compileToLoad("iterators").load("tasks");
  await using tasks = await attachIterator(iterators.program("tasks"));
  expect((await readIterator(tasks).toArray()).length).toBeGreaterThan(0);
  await using sockets = await compileToLoad("sockets").load("leave", "msg_verdict", "collect");
  await attachNetns(sockets.program("leave"), { hook: "sk_lookup", netns: namespace.path }).then(
    (netns) => netns.close(),
  );
  using map = openMapHandleById(sockets.program("collect").info().mapIds[0] ?? 0);
  const verdict = { map, hook: "msg_verdict", owner: "map" } as const;
  await using _held = await attachSockmap(sockets.program("msg_verdict"), verdict);
}

/** Everything that opens descriptors, with success. */
async function useAll(): Promise<void> {
  await using object = await loadObject(counter.object, counter.bytes);
  const observe = object.program("observe");
  const { left: ifindex, path: netns } = namespace;
  await observe.testRun({ data: packet, netns });
  const samples = object.map(counter.samples);
  await samples.setMany([[1, { length: 1, mark: 1 }]]);
  await samples.deleteMany([1]);
  for await (const [mark] of samples.entries()) expect(mark).toBe(0);
  samples.pin(pins.path("samples"));
  observe.pin(pins.path("observe"));
  openPinnedMap(pins.path("samples"), counter.samples).close();
  openPinnedProgram(pins.path("observe")).close();
  using reader = openRingBuffer(object.ringBuffer(counter.events), {
    onEvents: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  reader.pause();
  const xdp = object.program("xdp_pass");
  await using link = await attachXdp(xdp, { ifindex, netns });
  await link.update(xdp, { expectedOld: xdp });
  link.pin(pins.path("link"));
  const adopted = openPinnedLink(pins.path("link"));
  await adopted.detach();
  await adopted.close();
  for (const name of pins.list()) unpin(pins.path(name));
  await Promise.all((["tcx", "netkit", "ringbuf", "jit"] as const).map(probe));
}

/** The maps of other kinds, and what reads and writes them. */
async function useOtherMaps(): Promise<void> {
  using file = await openObject(buffers, { name: "buffers" });
  using object = await file.load();
  const none = { onEvents: () => undefined, onLost: () => undefined, onError: () => undefined };
  const shape = { flags: 0, event: numberedEvent } as const;
  const perf = { ...shape, name: "perf_events", type: "perf_event_array", maxEntries: 0 } as const;
  using _reader = openPerfBuffer(object.perfBuffer(perf), none);
  const ring = { ...shape, name: "commands", type: "user_ringbuf", maxEntries: 4096 } as const;
  using writer = openUserRingBuffer(object.userRingBuffer(ring));
  writer.reserve();
  object.variable(object.findVariable("sum")).set(1n);
  using raw = openRawMap({ id: object.rawMap("commands").info().id });
  const spec = { name: "maps", type: "hash_of_maps", maxEntries: 1, flags: 0, key: u32 } as const;
  using outer = await createReferenceMap(spec, raw);
  outer.set(1, raw.info().id);
  using storage = await createStorageMap({ name: "storage", type: "task_storage", value: u32 });
  using task = openTask(process.pid);
  storage.set(task.fd, 1);
}

async function useTcx(): Promise<void> {
  await using object = await loadObject(counter.object, counter.bytes);
  const [observe, pass] = [object.program("observe"), object.program("pass")];
  const { left: ifindex, path: netns } = namespace;
  await using link = await attachTcx(observe, { ifindex, netns, hook: "ingress" });
  await link.update(pass, { expectedOld: observe });
  await queryTcx(ifindex, "ingress", { netns });
}

/** Everything that opens descriptors, with failure. */
async function failAll(): Promise<void> {
  using object = await loadObject(counter.object, counter.bytes);
  using map = await createMap(counter.samples);
  map.pin(pins.path("map"));
  const ifindex = namespace.left;
  const { path: netns } = namespace;
  const xdp = object.program("xdp_pass");
  const results = await Promise.allSettled([
    openObject(counter.bytes.subarray(0, 1000)),
    openObject(rejected).then((file) => file.load()),
    loadObject(counter.object, counter.bytes, { maps: { samples: { pin: "/tmp/hdt-no" } } }),
    attachTcx(xdp, { ifindex, netns, hook: "ingress" }),
    attachXdp(object.program("pass"), { ifindex, netns }),
    object.program("connect4").testRun({ data: packet }),
  ]);
  expect(results.filter(({ status }) => status === "fulfilled")).toEqual([]);
  const other = { ...counter.samples, maxEntries: 9 };
  expect(() => object.map(other)).toThrow("max entries");
  expect(() => openPinnedMap(pins.path("map"), other)).toThrow("max entries");
  expect(() => openPinnedProgram(pins.path("map"))).toThrow("kind");
  unpin(pins.path("map"));
}

describe("descriptors", () => {
  it("are all closed again, also after failures", async () => {
    const before = openBpf();
    for (let round = 0; round < 5; round++) {
      await useAll();
      await attachAll();
      await useOtherMaps();
      await failAll();
    }
    // The event loop closes what it watched in its next turn.
    await vi.waitFor(() => {
      expect(openBpf()).toBe(before);
    });
  });

  it("of tcx links, too", async (context) => {
    await requireFeature(context, "tcx");
    const before = openBpf();
    for (let round = 0; round < 5; round++) await useTcx();
    await vi.waitFor(() => {
      expect(openBpf()).toBe(before);
    });
  });

  it("of a handle that was forgotten are closed, with one warning", () => {
    const module = fileURLToPath(new URL("index.ts", import.meta.url));
    const script = `
      import { readdirSync } from "node:fs";
      import { setTimeout as delay } from "node:timers/promises";
      import { createMap, u32 } from ${JSON.stringify(module)};
      const spec = { name: "lost", type: "array", maxEntries: 1, flags: 0, key: u32, value: u32, layout: "" };
      const open = () => readdirSync("/proc/self/fd").length;
      (await createMap(spec)).close();
      const before = open();
      for (let i = 0; i < 3; i++) await createMap(spec);
      const during = open();
      while (open() > before) { globalThis.gc(); await delay(1); }
      process.stdout.write(String(during - before));
    `;
    const file = join(folder, "forgetful.mjs");
    writeFileSync(file, script);
    const { stdout, stderr } = runChild(process.execPath, ["--expose-gc", file]);
    expect(stdout).toBe("3");
    expect(stderr.match(/BPF_HANDLE_LEAKED/g)?.length).toBe(1);
    expect(stderr).toContain("map lost was garbage-collected");
  });

  it("of an attachment that was forgotten are closed, and the program is detached", () => {
    const module = fileURLToPath(new URL("index.ts", import.meta.url));
    const object = join(folder, "tracing.bpf.o");
    writeFileSync(object, compileFixture("tracing"));
    const script = `
      import { setTimeout as delay } from "node:timers/promises";
      import { links, openObject } from ${JSON.stringify(module)};
      const file = await openObject(${JSON.stringify(object)});
      for (const { name } of file.programs) file.setAutoload(name, name === "on_switch");
      using object = await file.load();
      const attach = async () => (await object.attach("on_switch")).info().id;
      const forgotten = await attach();
      while (links().some(({ id }) => id === forgotten)) { globalThis.gc(); await delay(1); }
      await delay(1);
    `;
    const file = join(folder, "forgetful-attachment.mjs");
    writeFileSync(file, script);
    const { stderr } = runChild(process.execPath, ["--expose-gc", file]);
    expect(stderr).toContain("link of on_switch at section raw_tp/sched_switch was garbage");
  });
});

describe("a process that is started meanwhile", () => {
  it("inherits nothing of what is open", async () => {
    using object = await loadObject(counter.object, counter.bytes);
    const { left: ifindex, path: netns } = namespace;
    await using _link = await attachXdp(object.program("xdp_pass"), { ifindex, netns });
    const ignore = { onEvents: () => undefined, onLost: () => undefined, onError: () => undefined };
    using _reader = openRingBuffer(object.ringBuffer(counter.events), ignore);
    using file = await openObject(buffers, { name: "buffers" });
    using other = await file.load();
    const shape = { flags: 0, event: numberedEvent } as const;
    const spec = {
      ...shape,
      name: "perf_events",
      type: "perf_event_array",
      maxEntries: 0,
    } as const;
    using _perf = openPerfBuffer(other.perfBuffer(spec), ignore);
    using _task = openTask(process.pid);
    using _stats = enableProgramStats();
    await using iterators = await compileToLoad("iterators").load("tasks");
    await using tasks = await attachIterator(iterators.program("tasks"));
    // The descriptor of a read that has begun.
    const reading = readIterator(tasks);
    await once(reading, "readable");
    expect(openBpf()).toBeGreaterThan(10);
    const { stdout } = spawnSync("sh", ["-c", "exec ls -l /proc/self/fd"], { encoding: "utf8" });
    expect(stdout).toMatch(/pipe:|socket:/);
    expect(stdout).not.toMatch(/bpf|btf|netns|eventpoll|perf_event|pidfd|cgroup/);
    reading.destroy();
    await once(reading, "close");
  });
});

describe("a worker thread", () => {
  it("ends with everything open, which is closed then", async () => {
    const before = openBpf();
    const index = fileURLToPath(new URL("index.ts", import.meta.url));
    const object = join(folder, "counter.bpf.o");
    writeFileSync(object, counter.bytes);
    const file = join(folder, "worker.mjs");
    writeFileSync(
      file,
      `
      import { parentPort } from "node:worker_threads";
      import {
        attachXdp, createMap, createPerfBuffer, createUserRingBuffer, enableProgramStats, mapMemory,
        openObject, openPerfBuffer, openRawMap, openRingBuffer, openTask, openUserRingBuffer, u64, u32,
      } from ${JSON.stringify(index)};
      const object = await (await openObject(${JSON.stringify(object)})).load();
      const spec = { name: "events", type: "ringbuf", maxEntries: 65536, flags: 0, event: u64, layout: "" };
      const options = { onEvents() {}, onError() {}, keepAlive: true };
      globalThis.reader = openRingBuffer(object.ringBuffer(spec), options);
      const array = { name: "a", type: "array", maxEntries: 1, flags: 0x400, key: u32, value: u64 };
      globalThis.map = await createMap({ ...array, layout: "" });
      globalThis.memory = mapMemory(globalThis.map);
      const perf = { name: "p", type: "perf_event_array", maxEntries: 0, flags: 0, event: u64 };
      const both = { ...options, onLost() {} };
      globalThis.perf = openPerfBuffer(await createPerfBuffer(perf), both);
      const user = { name: "u", type: "user_ringbuf", maxEntries: 4096, flags: 0, event: u64 };
      globalThis.writer = openUserRingBuffer(await createUserRingBuffer(user));
      globalThis.writer.reserve();
      const program = object.program("xdp_pass");
      const place = { ifindex: ${String(namespace.left)}, netns: ${JSON.stringify(namespace.path)} };
      const task = openTask(process.pid);
      globalThis.held = [object.rawMap("samples"), openRawMap({ id: map.info().id }), task];
      globalThis.stats = enableProgramStats();
      void (await openObject(${JSON.stringify(object)})).load();
      // May be done when nobody is there any more to take the link.
      void attachXdp(program, place);
      parentPort.postMessage("open");
    `,
    );
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(file);
      const message = await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      expect(message).toBe("open");
      expect(await worker.terminate()).toBe(1);
    }
    await vi.waitFor(() => {
      expect(openBpf()).toBe(before);
    });
  });
});
