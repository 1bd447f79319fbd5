import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ElfFile,
  type ElfSection,
  type ElfSymbol,
  elfSection,
  parseElf,
} from "./btf/index.ts";
import { BpfError } from "./errors.ts";
import { linkObjects } from "./linker.ts";
import { openObject } from "./object.ts";
import { compileFixture } from "./testing/compile-fixture.ts";

// Whatever is wrong with a file, this process survives it: libbpf reads it, in C.

let folder: string;
/** With externs of all kinds, which libbpf resolves when it opens the object. */
let bytes: Uint8Array;
let elf: ElfFile;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hdt-damaged-"));
  bytes = compileFixture("variables");
  elf = parseElf(bytes, "variables");
});

afterAll(() => rmSync(folder, { recursive: true }));

/** An object with one number changed. */
function changed(offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value, true);
  return copy;
}

function offsetOf(section: ElfSection | undefined): number {
  if (section === undefined) throw new Error("the fixture lacks a section");
  return section.bytes.byteOffset - bytes.byteOffset;
}

async function open(object: Uint8Array): Promise<void> {
  using opened = await openObject(object, { name: "damaged" });
  expect(opened.maps.length + opened.programs.length).toBeGreaterThanOrEqual(0);
}

async function link(object: Uint8Array): Promise<void> {
  const file = join(folder, "damaged.o");
  writeFileSync(file, object);
  await linkObjects([file], join(folder, "linked.o"));
}

/** What came of work that may be refused in words, and in no other way. */
async function outcomeOf(work: Promise<void>): Promise<"done" | "refused"> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof BpfError) return "refused";
    throw error;
  }
}

const relocations = (): ElfSection | undefined => elf.sections.find(({ type }) => type === 9);

/** Where the first such symbol stands in the file. */
function symbolOffset(fits: (symbol: ElfSymbol) => boolean): number {
  const table = elf.sections.find(({ type }) => type === 2);
  return offsetOf(table) + elf.symbols.findIndex(fits) * 24;
}

const sectionSymbol = (): number => symbolOffset(({ type }) => type === "section");
const variable = (): number => symbolOffset(({ type, size }) => type === "object" && size > 0);

describe("an object that leads out of itself", () => {
  it.each([
    ["a relocation of bytes", () => changed(offsetOf(relocations()), 0x7ffffff8), "relocates off"],
    ["a relocation by a symbol", () => changed(offsetOf(relocations()) + 12, 9999), "symbol 9999"],
    ["the place of a symbol", () => changed(variable() + 8, 0xfffff), "bytes at 1048575"],
    ["the size of a symbol", () => changed(variable() + 16, 0xfffff), "1048575 bytes at"],
    ["the section of a symbol", () => changed(sectionSymbol() + 4, 0xfff1_0003), "not there"],
  ])("is refused for %s", async (_, make, reason) => {
    const refusal = { code: "invalid-object", reason: expect.stringContaining(reason) };
    await expect(open(make())).rejects.toMatchObject(refusal);
    await expect(link(make())).rejects.toMatchObject(refusal);
  });
});

describe("a damaged object", () => {
  it("is refused by the linker where only libelf finds it", async () => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headers = Number(view.getBigUint64(40, true));
    const namesType = headers + view.getUint16(62, true) * 64 + 4;
    await expect(link(changed(namesType, 1))).rejects.toMatchObject({
      code: "kernel-error",
      errno: "EINVAL",
    });
  });

  it("is survived whatever number of its type information is wrong", async () => {
    const types = elfSection(elf, ".BTF");
    const begin = offsetOf(types);
    const outcomes = new Set<string>();
    for (let offset = begin; offset < begin + (types?.size ?? 0) - 3; offset += 4) {
      outcomes.add(await outcomeOf(open(changed(offset, 0xd200_0001))));
    }
    expect(outcomes).toEqual(new Set(["done", "refused"]));
  });

  it("is survived whatever numbers in it are wrong", async () => {
    const places = fc.nat({ max: bytes.length / 4 - 1 });
    const values = fc.oneof(fc.nat({ max: 64 }), fc.constantFrom(0x7fffffff, 0xffffffff, 0xfff1));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(places, values), { maxLength: 4 }), async (changes) => {
        const object = bytes.slice();
        const view = new DataView(object.buffer);
        for (const [place, value] of changes) view.setUint32(place * 4, value, true);
        expect(await outcomeOf(open(object))).toMatch(/done|refused/);
        expect(await outcomeOf(link(object))).toMatch(/done|refused/);
      }),
      { numRuns: 300 },
    );
  });
});
