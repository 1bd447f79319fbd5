import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachXdp } from "./attach-xdp.ts";
import { u32, u64 } from "./codecs.ts";
import { createMap, createPerCpuMap } from "./kernel-map.ts";
import { openPinnedLink } from "./link.ts";
import { listPins } from "./list-pins.ts";
import { loadObject } from "./load-object.ts";
import { isBpffs, mountBpffs, unpin } from "./pin.ts";
import {
  openPinnedMap,
  openPinnedPerCpuMap,
  openPinnedRingBuffer,
  pinnedMapInfo,
} from "./pinned-map.ts";
import type { MapSpec } from "./spec.ts";
import { type BpffsFolder, createBpffsFolder } from "./testing/bpffs-folder.ts";
import { compileCounter } from "./testing/counter.ts";
import { createTestNamespace } from "./testing/namespace.ts";
import { thrown } from "./testing/thrown.ts";

const counter = compileCounter();
const plain: MapSpec<number, bigint> = {
  name: "plain",
  type: "hash",
  maxEntries: 8,
  flags: 0,
  key: u32,
  value: u64,
  layout: "",
};

let pins: BpffsFolder;

beforeEach(() => {
  pins = createBpffsFolder();
});

afterEach(() => pins[Symbol.dispose]());

describe("the pins in a folder", () => {
  it("are listed with what they are, also those of folders in it", async () => {
    using object = await loadObject(counter.object, counter.bytes);
    mkdirSync(pins.path("inner"));
    const [map, program] = [object.map(counter.samples), object.program("pass")];
    using namespace = createTestNamespace();
    const device = { ifindex: namespace.left, netns: namespace.path };
    await using link = await attachXdp(object.program("xdp_pass"), device);
    try {
      map.pin(pins.path("b"));
      program.pin(pins.path("inner/a"));
      link.pin(pins.path("c"));
      symlinkSync(pins.path("b"), pins.path("alias"));
      expect(listPins(join(pins.path("b"), ".."))).toEqual([
        { path: pins.path("b"), kind: "map", info: map.info() },
        { path: pins.path("c"), kind: "link", info: link.info() },
        { path: pins.path("inner/a"), kind: "program", info: program.info() },
      ]);
    } finally {
      unpin(pins.path("inner/a"));
      rmdirSync(pins.path("inner"));
    }
  });

  it("are asked for in a BPF file system", () => {
    for (const folder of [tmpdir(), pins.path("absent")]) {
      expect(thrown(() => listPins(folder))).toMatchObject({
        code: "not-bpffs",
        operation: "list pins in",
        subject: folder,
      });
    }
    expect(listPins(join(pins.path("x"), ".."))).toEqual([]);
  });
});

describe("a pinned map", () => {
  it("is opened by its path, with what was in it", async () => {
    {
      using map = await createMap(plain);
      map.set(1, 2n);
      map.pin(pins.path("plain"));
    }
    using map = openPinnedMap(pins.path("plain"), plain);
    expect(map.get(1)).toBe(2n);
  });

  it("of an object is opened by its spec, layout included", async () => {
    using object = await loadObject(counter.object, counter.bytes);
    const id = object.map(counter.samples).info().id;
    object.map(counter.samples).pin(pins.path("samples"));
    object.perCpuMap(counter.counters).pin(pins.path("counters"));
    object.ringBuffer(counter.events).pin(pins.path("events"));
    using samples = openPinnedMap(pins.path("samples"), counter.samples);
    expect(samples.info().id).toBe(id);
    using events = openPinnedRingBuffer(pins.path("events"), counter.events);
    expect(events.info().name).toBe("events");
    using counters = openPinnedPerCpuMap(pins.path("counters"), counter.counters);
    expect(counters.info().type).toBe("percpu_array");
    const other = { ...counter.counters, layout: "0123456789abcdef" };
    const attempt = () => openPinnedPerCpuMap(pins.path("counters"), other);
    expect(thrown(attempt)).toMatchObject({
      code: "incompatible-pin",
      subject: pins.path("counters"),
      reason: expect.stringMatching(
        /layout of key and value: wanted 0123456789abcdef, found .*u32 to u64/,
      ),
    });
  });

  it.each([
    ["type", { type: "lru_hash" }, "type: wanted lru_hash, found hash"],
    ["entries", { maxEntries: 9 }, "max entries: wanted 9, found 8"],
    ["flags", { flags: 1 }, "flags: wanted 0x1, found 0x0"],
    ["key", { key: u64 }, "key size: wanted 8, found 4"],
    ["value", { value: u32 }, "value size: wanted 4, found 8"],
  ] as const)("is refused when its %s differs", async (_, change, reason) => {
    using map = await createMap(plain);
    const path = pins.path("plain");
    map.pin(path);
    const wanted: MapSpec<unknown, unknown> = { ...plain, ...change };
    expect(thrown(() => openPinnedMap(path, wanted))).toMatchObject({
      code: "incompatible-pin",
      subject: path,
      operation: "open pinned map plain at",
      reason,
    });
  });

  it("per CPU is opened too", async () => {
    const spec = { ...plain, type: "percpu_hash" } as const;
    using map = await createPerCpuMap(spec);
    map.pin(pins.path("plain"));
    using again = openPinnedPerCpuMap(pins.path("plain"), spec);
    map.set(
      1,
      Array.from({ length: map.cpus }, () => 5n),
    );
    expect(again.fold(1, (sum, each) => sum + each, 0n)).toBe(5n * BigInt(map.cpus));
  });

  it("tells what it is without a spec", async () => {
    using map = await createMap(plain);
    const path = pins.path("plain");
    expect(thrown(() => pinnedMapInfo(path))).toMatchObject({ code: "pin-missing", subject: path });
    map.pin(path);
    const info = { name: "plain", type: "hash", keySize: 4, valueSize: 8, maxEntries: 8 };
    expect(pinnedMapInfo(path)).toMatchObject({ ...info, id: map.info().id });
  });

  it("is missing, taken, or elsewhere", async () => {
    using map = await createMap(plain);
    const path = pins.path("plain");
    expect(thrown(() => openPinnedMap(path, plain))).toMatchObject({ code: "pin-missing" });
    map.pin(path);
    expect(thrown(() => map.pin(path))).toMatchObject({
      code: "pin-exists",
      operation: "pin map plain to",
      subject: path,
    });
    expect(thrown(() => openPinnedLink(path))).toMatchObject({ code: "incompatible-pin" });
    expect(unpin(path)).toBe(true);
    expect(unpin(path)).toBe(false);
    expect(thrown(() => map.pin(join(path, "below")))).toMatchObject({
      code: "not-bpffs",
      reason: `there is no folder ${path}`,
    });
    const folder = mkdtempSync(join(tmpdir(), "hdt-pin-"));
    try {
      writeFileSync(join(folder, "file"), "");
      expect(thrown(() => map.pin(join(folder, "map")))).toMatchObject({ code: "not-bpffs" });
      const file = () => openPinnedMap(join(folder, "file"), plain);
      expect(thrown(file)).toMatchObject({ code: "not-bpffs" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the BPF file system", () => {
  it("is recognised", () => {
    expect(isBpffs("/sys/fs/bpf")).toBe(true);
    expect(isBpffs("/tmp")).toBe(false);
    expect(isBpffs("/absent")).toBe(false);
  });

  it("is mounted once", () => {
    const folder = mkdtempSync(join(tmpdir(), "hdt-bpffs-"));
    const module = fileURLToPath(new URL("pin.ts", import.meta.url));
    // In a mount namespace of its own, which ends with the process.
    const script = `
      import { isBpffs, mountBpffs } from ${JSON.stringify(module)};
      mountBpffs(${JSON.stringify(folder)});
      mountBpffs(${JSON.stringify(folder)});
      process.stdout.write(String(isBpffs(${JSON.stringify(folder)})));
    `;
    const file = join(folder, "mount.mjs");
    writeFileSync(file, script);
    try {
      const args = ["--mount", process.execPath, file];
      expect(execFileSync("unshare", args, { encoding: "utf8" })).toBe("true");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is not mounted where there is no folder", () => {
    expect(thrown(() => mountBpffs("/absent/folder"))).toMatchObject({
      code: "kernel-error",
      errno: "ENOENT",
      subject: "/absent/folder",
    });
  });
});
