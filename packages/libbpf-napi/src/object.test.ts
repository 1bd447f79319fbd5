import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import { linkObjects } from "./linker.ts";
import { openObject } from "./object.ts";
import { parseElf } from "./btf/index.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { thrown } from "./testing/thrown.ts";

let folder: string;
let bytes: Uint8Array;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hdt-object-"));
  bytes = compileFixture("counter");
  writeFileSync(join(folder, "counter.bpf.o"), bytes);
});

afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);

/** The object with one byte changed. */
function changed(offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = value;
  return copy;
}

function sectionNames(file: Uint8Array): readonly string[] {
  return parseElf(file, "file").sections.map(({ name }) => name);
}

describe("an opened object", () => {
  it("lists its maps and programs", async () => {
    using object = await openObject(path("counter.bpf.o"));
    expect(object.name).toBe("counter");
    expect(object.maps.map(({ name }) => name).toSorted()).toEqual([
      "counters",
      "events",
      "samples",
    ]);
    expect(object.maps.find(({ name }) => name === "samples")).toEqual({
      name: "samples",
      type: "hash",
      keySize: 4,
      valueSize: 8,
      maxEntries: 8,
      flags: 0,
    });
    expect(object.programs.find(({ name }) => name === "observe")).toEqual({
      name: "observe",
      section: "tcx/ingress",
      type: "sched_cls",
      autoload: true,
    });
  });

  it("shows what was changed", async () => {
    using object = await openObject(bytes, { name: "counter" });
    object.resizeMap("samples", 100);
    object.setAutoload("pass", false);
    expect(object.maps.find(({ name }) => name === "samples")?.maxEntries).toBe(100);
    expect(object.programs.find(({ name }) => name === "pass")?.autoload).toBe(false);
  });

  it("refuses members that it does not have, and names those it has", async () => {
    using object = await openObject(bytes, { name: "counter" });
    const missing = { code: "no-such-member", subject: "counter" };
    expect(thrown(() => object.resizeMap("nope", 1))).toMatchObject({
      ...missing,
      reason: expect.stringContaining("samples"),
    });
    expect(thrown(() => object.pinMap("nope", "/sys/fs/bpf/hdt-x"))).toMatchObject(missing);
    expect(thrown(() => object.setAutoload("nope", true))).toMatchObject({
      ...missing,
      reason: expect.stringContaining("observe"),
    });
  });

  it.each([
    [".rodata", 0x1000, "no 4 bytes there"],
    [".rodata", 0xffff_fffe, "no 4 bytes there"],
    [".bss", 0, "section .bss has no 4 bytes there"],
  ] as const)("refuses a variable in %s at %i", async (section, offset, reason) => {
    using object = await openObject(bytes, { name: "counter" });
    expect(thrown(() => object.setVariable({ section, offset, codec: u32 }, 1))).toMatchObject({
      code: "no-such-member",
      reason: expect.stringContaining(reason),
    });
  });

  it("cannot be used once it is closed", async () => {
    const object = await openObject(bytes, { name: "counter" });
    object.close();
    object.close();
    const variable = { section: ".rodata", offset: 0, codec: u64 } as const;
    for (const attempt of [
      () => object.maps,
      () => object.programs,
      () => object.resizeMap("samples", 1),
      () => object.setVariable(variable, 1n),
    ]) {
      expect(thrown(attempt)).toMatchObject({ code: "invalid-state", subject: "counter" });
    }
    await expect(object.load()).rejects.toMatchObject({ code: "invalid-state" });
  });
});

describe("what is no object", () => {
  it("is refused wherever it is cut short", async () => {
    const step = Math.floor(bytes.length / 40);
    for (let length = 0; length < bytes.length; length += step) {
      await expect(openObject(bytes.subarray(0, length), { name: "cut" })).rejects.toMatchObject({
        code: "invalid-object",
        operation: "open object",
        subject: "cut",
      });
    }
  });

  it("is refused when cut in any section, whatever the order in the file", async () => {
    for (const section of parseElf(bytes, "counter").sections) {
      if (section.bytes.length === 0) continue;
      const end = section.bytes.byteOffset - bytes.byteOffset + section.bytes.length;
      await expect(openObject(bytes.subarray(0, end - 1))).rejects.toMatchObject({
        code: "invalid-object",
      });
    }
  });

  it.each([
    ["not ELF", () => new TextEncoder().encode("#!/bin/sh\nexit 0\n"), "begins with 23 21 2f 62"],
    ["empty", () => new Uint8Array(), "begins with nothing"],
    ["32-bit", () => changed(4, 1), "class 1"],
    ["of the wrong byte order", () => compileFixture("counter", "-target", "bpfeb"), "big-endian"],
    ["for another machine", () => changed(18, 62), "ELF machine"],
    ["a program file", () => changed(16, 2), "ELF type 2"],
  ])("is refused when %s", async (_, make, reason) => {
    await expect(openObject(make(), { name: "bad" })).rejects.toMatchObject({
      code: "invalid-object",
      subject: "bad",
      reason: expect.stringContaining(reason),
    });
  });

  it("is refused by its path", async () => {
    const missing = path("missing.o");
    await expect(openObject(missing)).rejects.toMatchObject({
      code: "invalid-object",
      subject: missing,
      reason: expect.stringContaining("ENOENT"),
    });
    await expect(openObject(process.execPath)).rejects.toMatchObject({ code: "invalid-object" });
  });

  it("is refused in libbpf's words where only libbpf finds it", async () => {
    const elf = parseElf(bytes, "counter");
    const btf = elf.sections.find(({ name }) => name === ".BTF");
    const offset = (btf?.bytes.byteOffset ?? 0) - bytes.byteOffset;
    await expect(openObject(changed(offset, 0), { name: "bad" })).rejects.toMatchObject({
      code: "invalid-object",
      reason: expect.stringContaining("BTF"),
      errno: "EINVAL",
    });
  });
});

describe("linkObjects", () => {
  it("strips one object, which still opens", async () => {
    await linkObjects([path("counter.bpf.o")], path("linked.o"));
    using object = await openObject(path("linked.o"));
    expect(object.programs.length).toBe(6);
    expect(sectionNames(bytes)).toContain(".debug_info");
    expect(sectionNames(readFileSync(path("linked.o")))).not.toContain(".debug_info");
    expect(sectionNames(readFileSync(path("linked.o")))).toContain(".BTF");
  });

  it("says what it cannot link, and leaves nothing", async () => {
    copyFileSync(path("counter.bpf.o"), path("again.o"));
    const inputs = [path("counter.bpf.o"), path("again.o")];
    await expect(linkObjects(inputs, path("twice.o"))).rejects.toMatchObject({
      code: "kernel-error",
      subject: path("twice.o"),
      reason: expect.stringContaining("conflicting"),
    });
    await expect(linkObjects([path("missing.o")], path("twice.o"))).rejects.toMatchObject({
      reason: expect.stringContaining("missing.o"),
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("twice"))).toEqual([]);
  });
});
