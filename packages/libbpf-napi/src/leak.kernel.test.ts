import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { attachTcx, queryTcx } from "./attach-tcx.ts";
import { attachXdp } from "./attach-xdp.ts";
import { createMap } from "./kernel-map.ts";
import { openPinnedLink } from "./link.ts";
import { loadObject } from "./load-object.ts";
import { openObject } from "./object.ts";
import { unpin } from "./pin.ts";
import { openPinnedMap } from "./pinned-map.ts";
import { probe } from "./probe.ts";
import { openPinnedProgram } from "./program.ts";
import { openRingBuffer } from "./ring-buffer.ts";
import { type BpffsFolder, createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { compileCounter } from "./testing/counter.ts";
import { requireFeature } from "./testing/feature.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const counter = compileCounter();
const rejected = compileFixture("rejected");
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
  return targets.filter((target) => /bpf|btf|netns|eventpoll/.test(target)).length;
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
  using map = createMap(counter.samples);
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
      createMap(spec).close();
      const before = open();
      for (let i = 0; i < 3; i++) createMap(spec);
      const during = open();
      while (open() > before) { globalThis.gc(); await delay(1); }
      process.stdout.write(String(during - before));
    `;
    const file = join(folder, "forgetful.ts");
    writeFileSync(file, script);
    const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", file], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(stdout).toBe("3");
    expect(stderr.match(/BPF_HANDLE_LEAKED/g)?.length).toBe(1);
    expect(stderr).toContain("map lost was garbage-collected");
  });
});

describe("a worker thread", () => {
  it("ends with everything open", async () => {
    const index = fileURLToPath(new URL("index.ts", import.meta.url));
    const object = join(folder, "counter.bpf.o");
    writeFileSync(object, counter.bytes);
    const file = join(folder, "worker.ts");
    writeFileSync(
      file,
      `
      import { parentPort } from "node:worker_threads";
      import { openObject, openRingBuffer, u64 } from ${JSON.stringify(index)};
      const object = await (await openObject(${JSON.stringify(object)})).load();
      const spec = { name: "events", type: "ringbuf", maxEntries: 65536, flags: 0, event: u64, layout: "" };
      const options = { onEvents() {}, onError() {}, keepAlive: true };
      globalThis.reader = openRingBuffer(object.ringBuffer(spec), options);
      void (await openObject(${JSON.stringify(object)})).load();
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
  });
});
