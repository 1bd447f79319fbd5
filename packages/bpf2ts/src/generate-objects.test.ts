import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { decodeFromBytes, encodeToBytes } from "libbpf-napi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateObjects, type ObjectsOptions } from "./generate-objects.ts";
import { type GeneratedFile, writeFiles } from "./generated-file.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import {
  compileInto,
  foreignPrograms,
  generateForeign,
  packagePath,
  scratchFolder,
} from "./testing/foreign-object.ts";
import * as plain from "./testing/generated/plain.ts";

it.each(foreignPrograms)("$generated is what its program says", (program) => {
  for (const { path, content } of generateForeign(program)) {
    expect(readFileSync(path, "utf8"), "node packages/bpf2ts/src/testing/write-generated.ts").toBe(
      content,
    );
  }
});

it.each(foreignPrograms)("$generated is as the formatter wants it", ({ generated }) => {
  const input = readFileSync(packagePath(generated), "utf8");
  const formatted = execFileSync("oxfmt", [`--stdin-filepath=${basename(generated)}`], {
    encoding: "utf8",
    input,
  });
  expect(formatted).toBe(input);
});

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

describe("a struct of plain C", () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const text = fc.stringMatching(/^[a-z]{0,7}$/);
  const samples: fc.Arbitrary<plain.Sample> = fc.record(
    {
      letter: fc.integer({ min: -128, max: 127 }),
      small: fc.integer({ min: -128, max: 127 }),
      flag: fc.integer({ min: 0, max: 255 }),
      number: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
      count: int32,
      total: uint64,
      difference: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      comm: text,
      mac: bytes(6),
      ready: fc.boolean(),
      state: fc.nat({ max: 9 }),
      distance: fc.nat({ max: 9 }),
      version: fc.nat({ max: 15 }),
      offset: fc.integer({ min: -16, max: 15 }),
      wordUnion: bytes(4),
      either: bytes(8),
      place: fc.record({ x: int32, y: int32 }, { noNullPrototype: true }),
      inner: fc.nat({ max: 65_535 }),
      owner: uint64,
      share: fc.double({ noNaN: true }),
      little: fc.nat({ max: 65_535 }),
      reserved: int32,
      _4: int32,
      matrix: fc.array(fc.array(int32, { minLength: 3, maxLength: 3 }), {
        minLength: 2,
        maxLength: 2,
      }),
      labels: fc.array(text, { minLength: 2, maxLength: 2 }),
    },
    { noNullPrototype: true },
  );

  it("is decoded as it was encoded", () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const encoded = encodeToBytes(plain.sampleCodec, sample);
        expect(decodeFromBytes(plain.sampleCodec, encoded)).toEqual(sample);
      }),
    );
  });

  it("has zeros where the compiler left bytes out", () => {
    const zeros = decodeFromBytes(plain.sampleCodec, new Uint8Array(plain.sampleCodec.size));
    const encoded = encodeToBytes(plain.sampleCodec, { ...zeros, flag: 255, number: -1 });
    expect([...encoded.subarray(0, 8)]).toEqual([0, 0, 255, 0, 255, 255, 0, 0]);
  });

  it("says what is bytes, and why", () => {
    const source = readFileSync(packagePath("src/testing/generated/plain.ts"), "utf8");
    expect(source).toContain("/** As bytes: a union of `word` (u32), `octets` (u8[4]). */");
    expect(source).toContain("As bytes: an integer of 16 bytes.");
  });
});

describe("the object", () => {
  it("has maps, programs, settings and variables", () => {
    expect(plain.plainObject).toMatchObject({
      name: "plain",
      programs: { run: { name: "run", section: "tc" } },
      maps: { samples: { name: "samples" }, wide: { value: { size: 16 } } },
      settings: { limit: { section: ".rodata" }, bounds: { codec: { size: 8 } } },
      variables: {
        runs: { section: ".bss", offset: 0 },
        mode: { section: ".data" },
        state: { section: ".data.states" },
        levels: { codec: { size: 12 } },
      },
    });
    expect(Object.keys(plain.plainObject.variables)).not.toContain("limit");
  });
});

describe("JavaScript", () => {
  const scratch = scratchFolder();
  afterAll(() => scratch[Symbol.dispose]());
  let files: readonly GeneratedFile[] = [];

  beforeAll(() => {
    const object = compileInto(scratch.path, "fixtures/plain.bpf.c");
    const options = { objects: [object] };
    files = generateObjects({ ...options, out: join(scratch.path, "plain.mjs") });
    writeFiles([...files, ...generateObjects({ ...options, out: join(scratch.path, "typed.ts") })]);
  });

  it("has declarations beside it", () => {
    expect(files.map(({ path }) => basename(path))).toEqual(["plain.mjs", "plain.d.mts"]);
  });

  it("is the same as TypeScript, for the program and for the compiler", async () => {
    const module: Readonly<Record<string, unknown>> = await import(
      /* @vite-ignore */ join(scratch.path, "plain.mjs")
    );
    expect(Object.keys(module).toSorted()).toEqual(Object.keys(plain).toSorted());
    expect(JSON.stringify(module["plainObject"])).toBe(JSON.stringify(plain.plainObject));
    const lines = [
      'import * as js from "./plain.mjs";',
      'import * as ts from "./typed.ts";',
      "export const forwards: typeof ts = js;",
      "export const backwards: typeof js = ts;",
      "export const sample: (value: js.Sample) => ts.Sample = (value) => value;",
    ];
    writeFileSync(join(scratch.path, "same.ts"), lines.join("\n"));
    const project = join(scratch.path, "tsconfig.json");
    const options = { extends: packagePath("../../tsconfig.json"), include: ["*.ts", "*.mts"] };
    writeFileSync(project, JSON.stringify(options));
    expect(execFileSync("tsc", ["-p", project], { encoding: "utf8" })).toBe("");
  });
});

/** What is generated from sources, an object each, into `out.ts`. */
function moduleOf(
  sources: Readonly<Record<string, string>>,
  options: Partial<ObjectsOptions> = {},
): string {
  using fixture = compileFixture(sources);
  const objects = Object.keys(sources).map((name) => join(fixture.folder, `${name}.bpf.o`));
  const [file] = generateObjects({ objects, out: "out.ts", ...options });
  return file?.content ?? "";
}

const map = (name: string, members: string): string =>
  `struct { __uint(type, 1); __uint(max_entries, 4); ${members} } ${name} SEC(".maps");`;

describe("several objects", () => {
  const shared = map("m", "__type(key, int); __type(value, int);");

  it("share a map that is the same", () => {
    const text = moduleOf({ a: shared, b: shared });
    expect(text.match(/export const mMap/g)).toHaveLength(1);
    expect(text).toContain("aObject");
    expect(text).toContain("bObject");
    expect(text.split("\n")[0]).toBe("// Generated from a.bpf.o, b.bpf.o by bpf2ts; do not edit.");
  });

  it("are refused when they do not agree", () => {
    const other = shared.replace("value, int", "value, long");
    expect(() => moduleOf({ a: shared, b: other })).toThrow(/generate map m: layout is/);
  });
});

describe("names", () => {
  it("come of any file's name, and of any length", () => {
    const text = moduleOf({
      "to-pod.v2": 'SEC("tc") int a_program_of_a_long_name(void *ctx) { return 0; }',
    });
    expect(text).toContain("export const toPodV2Object");
    expect(text).toContain('aProgramOfALongName: { name: "a_program_of_a_long_name"');
  });
});

describe("types that are called like what the file uses", () => {
  it("have a longer name", () => {
    const source = `struct map { int a; }; struct codec { struct map m; }; enum record { RECORD_A };
      struct codec codec; enum record kind; struct map_spec { int a; } spec;`;
    const text = moduleOf({ a: source });
    expect(text).toContain("export interface MapStruct {");
    expect(text).toContain("readonly m: MapStruct;");
    expect(text).toContain("export const codecCodec: Codec<CodecStruct> = {");
    expect(text).toContain("export const RecordEnum = {");
    expect(text).toContain("export interface MapSpecStruct {");
  });
});

describe("types that no map has", () => {
  const event = "struct event { int kind; }; struct event *last; ";

  it("are found by a global pointer", () => {
    expect(moduleOf({ a: event })).toContain("export interface Event {");
  });

  it("are found by their name, where the object has them", () => {
    const source = `${event} SEC("tc") int run(struct event *context) { return context->kind; }`;
    const unnamed = source.replace("struct event *last;", "");
    expect(moduleOf({ a: unnamed })).not.toContain("interface Event");
    for (const name of ["event", "struct event"]) {
      expect(moduleOf({ a: unnamed }, { types: [name] })).toContain("export interface Event {");
    }
    expect(() => moduleOf({ a: event }, { types: ["absent"] })).toThrow(
      "generate type absent: a.bpf.o section .BTF does not describe it (compile with -g, and name it in C: const struct absent *unused_absent __attribute__((unused));)",
    );
  });

  it("say what cannot be one", () => {
    const source = "struct far { union either { int a; } u; }; struct far *last;";
    expect(() => moduleOf({ a: source }, { types: ["union either"] })).toThrow(
      "generate type union either: it is no struct and no enum",
    );
  });
});

describe("a map", () => {
  it("without a type of its events has them as bytes, and with one as values", () => {
    const source = `struct event { int kind; }; struct event *last;
      struct { __uint(type, 27); __uint(max_entries, 4096); } events SEC(".maps");`;
    expect(moduleOf({ a: source })).toContain("RingBufferSpec<Uint8Array>");
    const typed = moduleOf({ a: source }, { events: { events: "struct event" } });
    expect(typed).toContain("RingBufferSpec<Event>");
    expect(() => moduleOf({ a: source }, { events: { evnts: "event" } })).toThrow(
      "find event of map evnts: there is no such map (the maps are events)",
    );
  });

  it("whose value has no type in TypeScript has it as bytes", () => {
    const members = "__type(key, int); __type(value, struct x);";
    const source = `struct x { int a_b; int aB; }; ${map("m", members)}`;
    const text = moduleOf({ a: source });
    expect(text).toContain("mMap: MapSpec<number, Uint8Array>");
    expect(text).toContain("As bytes: struct x: two fields are called `aB`.");
  });

  it("that says neither types nor sizes is refused", () => {
    expect(() => moduleOf({ a: map("m", "") })).toThrow(
      "generate map m: it has no key (use __type(key, ...))",
    );
  });

  it("of references refuses values that can be none", () => {
    const source = map("m", "__uint(key_size, 4); __uint(value_size, 16);").replace(
      "type, 1",
      "type, 14",
    );
    expect(() => moduleOf({ a: source })).toThrow(
      "generate map m: values of 16 bytes refer to nothing (use __u32)",
    );
  });
});
