import { describe, expect, it } from "vitest";
import { Bpf2tsError } from "./bpf2ts-error.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import type { Bpf2tsConfig } from "./config.ts";
import { generate } from "./generate.ts";

/** What generating from the sources, one object each, is refused with. */
function refusalOf(
  sources: Readonly<Record<string, string>>,
  overrides: Partial<Bpf2tsConfig> = {},
): Bpf2tsError {
  using fixture = compileFixture(sources);
  try {
    generate(fixture.config(overrides));
  } catch (error) {
    if (error instanceof Bpf2tsError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const map = (
  name: string,
  value: string,
  extra = "",
  owner = 'OWNER("datapath")',
): string => `struct {
  __uint(type, 1);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, ${value});
  ${extra}
} ${name} SEC(".maps") ${owner};`;

const exported = (fields: string): string =>
  `struct declared;\nenum kind { KIND_A };\nstruct x { ${fields} };\nEXPORT(struct x, "datapath");`;

describe("a field is refused for", () => {
  it.each([
    [
      "padding between fields",
      "__u16 flags; __u32 index;",
      "generate struct x.flags: 2 bytes of implicit padding after it at offset 2 (add an explicit field: __u8 reserved[2])",
    ],
    [
      "padding at the end",
      "__u64 index; __u8 flags[7];",
      "generate struct x.flags: 1 byte of implicit padding after it at offset 15 (add an explicit field: __u8 reserved[1])",
    ],
    [
      "being a bitfield",
      "__u32 index; __u32 low : 4; __u32 high : 28;",
      "generate struct x.low: a bitfield lies where the compiler likes (use a whole integer with masks)",
    ],
    [
      "being a pointer",
      "struct declared *next;",
      "generate struct x.next: a pointer means nothing outside of its program",
    ],
    [
      "being a union",
      "union { __u32 word; __u8 byte[4]; } either;",
      "generate struct x.either: a union (use a struct, or make it a domain type with a codec of its own)",
    ],
    [
      "being anonymous",
      "struct { __u32 word; };",
      "generate struct x.(anonymous): an anonymous struct or union (give the field a name)",
    ],
    [
      "a struct without a name",
      "struct { __u32 word; } inner;",
      "generate struct x.inner: a struct without a name (give it one)",
    ],
    [
      "an enum without a name",
      "enum { ANY } any;",
      "generate struct x.any: an enum without a name (give it one)",
    ],
    [
      "floating point",
      "double share;",
      "generate struct x.share: a floating point number, which BPF cannot compute with",
    ],
    [
      "a type of no fixed width",
      "unsigned int count;",
      "generate struct x.count: `unsigned int` has no fixed width (use __u32)",
    ],
    [
      "a signed one",
      "long count;",
      "generate struct x.count: `long` has no fixed width (use __s64)",
    ],
    [
      "a byte order without a codec",
      "__le32 count;",
      "generate struct x.count: __le32 has a byte order of its own (make it a domain type)",
    ],
    [
      "being a char",
      "char letter;",
      "generate struct x.letter: `char` is text or a number (use char[] with TEXT, or __u8)",
    ],
    [
      "a char array without a mark",
      "char name[4];",
      "generate struct x.name: a `char` array is text or bytes (mark it with TEXT, or use __u8)",
    ],
    [
      "the mark of a text on something else",
      "__u8 name[4] TEXT;",
      "generate struct x.name: TEXT is for `char` arrays of a fixed length",
    ],
    [
      "an open end",
      "__u32 count; __u32 rest[];",
      "generate struct x.rest: an array without a length (give it its largest length)",
    ],
    [
      "a name that another one has",
      "__u32 a_b; __u32 aB;",
      "generate struct x: two fields are called `aB` (rename one)",
    ],
    [
      "no name in TypeScript",
      "__u32 _4;",
      "generate struct x._4: `4` is no name in TypeScript (rename it)",
    ],
    ["being alone and reserved", "__u32 reserved;", "generate struct x: it has no fields"],
  ])("%s", (_what, fields, message) => {
    const error = refusalOf({ a: exported(fields) });
    expect(error.message).toBe(message);
    expect(error.code).toBe("refused");
  });
});

describe("an enum is refused for", () => {
  it("values that the compiler did not record whole", () => {
    const source = 'enum wide : __u64 { WIDE = 1ULL << 40 }; EXPORT(enum wide, "datapath");';
    expect(refusalOf({ a: source }).message).toBe(
      "generate enum wide: the compiler recorded the lower halves of its values only (write `: unsigned long long` instead of `: __u64`)",
    );
  });

  it("two values of one name", () => {
    const source = 'enum kind { KIND_A_B, KIND_AB, KIND_A__B }; EXPORT(enum kind, "datapath");';
    expect(refusalOf({ a: source }).message).toBe(
      "generate enum kind: two values are called `aB` (rename one)",
    );
  });
});

describe("a map is refused for", () => {
  it.each([
    [
      "a name that the kernel cuts",
      map("sixteen_letters_", "__u32"),
      "generate map sixteen_letters_: the name has 16 characters, the kernel keeps 15",
    ],
    [
      "having no owner",
      map("m", "__u32", "", ""),
      'generate map m: it has no owner (name the one package that writes it with OWNER("..."))',
    ],
    [
      "having two owners",
      map("m", "__u32", "", 'OWNER("datapath") OWNER("endpoint")'),
      'generate map m: it has 2 owners (name the one package that writes it with OWNER("..."))',
    ],
    [
      "an attribute that a spec has not",
      map("m", "__u32", "__uint(pinning, 1);"),
      "generate map m.pinning: a map's spec cannot say this (it says type, max_entries, map_flags, map_extra, key, key_size, value, value_size, values; pins are placed by the program that loads the object)",
    ],
    [
      "its type",
      'struct { __uint(type, 7); __uint(max_entries, 1); } m SEC(".maps") OWNER("datapath");',
      "generate map m: map type 7 has no TypeScript form (use hash, array, prog_array, perf_event_array, percpu_hash, percpu_array, cgroup_array, lru_hash, lru_percpu_hash, lpm_trie, array_of_maps, hash_of_maps, devmap, sockmap, cpumap, xskmap, sockhash, queue, stack, sk_storage, devmap_hash, ringbuf, inode_storage, task_storage, bloom_filter, user_ringbuf, cgrp_storage, arena)",
    ],
    [
      "saying no size",
      'struct { __uint(type, 1); __type(key, __u32); __type(value, __u32); } m SEC(".maps") OWNER("datapath");',
      "generate map m: max_entries is missing (give the default, which loading may change)",
    ],
    [
      "a value without a type",
      'struct { __uint(type, 1); __uint(max_entries, 1); __type(key, __u32); __uint(value_size, 4); } m SEC(".maps") OWNER("datapath");',
      "generate map m: it has no value (use __type(value, ...))",
    ],
    [
      "events without a type",
      'struct { __uint(type, 27); __uint(max_entries, 4096); } m SEC(".maps") OWNER("datapath");',
      "generate map m: the ring buffer does not say its event (use EVENT(struct ...))",
    ],
    [
      "a value that is a pointer",
      map("m", "void *"),
      "generate map m, its value: a pointer means nothing outside of its program",
    ],
    [
      "a value that is only declared",
      `struct declared; ${map("m", "struct declared")}`,
      "generate map m, its value: it is only declared (include the header that defines it)",
    ],
  ])("%s", (_what, source, message) => {
    expect(refusalOf({ a: source }).message).toBe(message);
  });
});

describe("an object is refused for", () => {
  it.each([
    [
      "a program's name that the kernel cuts",
      'SEC("tc") int sixteen_letters_(void *ctx) { return 0; }',
      "generate program sixteen_letters_: the name has 16 characters, the kernel keeps 15",
    ],
    [
      "a setting without a fixed width",
      "const volatile int limit = 3;",
      "generate setting limit: `int` has no fixed width (use __s32)",
    ],
    [
      "exporting what is no struct or enum",
      'union either { __u32 word; }; EXPORT(union either, "datapath");',
      "generate EXPORT(union either): a union (use a struct, or make it a domain type with a codec of its own)",
    ],
  ])("%s", (_what, source, message) => {
    expect(refusalOf({ a: source }).message).toBe(message);
  });

  it("a file name that is no name", () => {
    const error = refusalOf({ "to-pod": map("m", "__u32") });
    expect(error.message).toBe(
      "generate object to-pod: `To-podSettings` is no name in TypeScript (rename it)",
    );
  });

  it("a domain type of another size", () => {
    const macCodec = { name: "macCodec", from: "libbpf-napi" };
    const error = refusalOf(
      { a: `struct mac { __u8 byte[8]; }; ${map("m", "struct mac")}` },
      { domainTypes: { mac: { type: "string", codec: macCodec, size: 6 } } },
    );
    expect(error.message).toBe("generate map m, its value: mac has 8 bytes, its codec macCodec 6");
  });
});

describe("objects are refused together for", () => {
  it.each([
    [
      "a map of two sizes",
      map("m", "__u32"),
      map("m", "__u32").replace("16", "32"),
      "generate map m: max_entries is 16 in a.bpf.o and 32 in b.bpf.o (define the map in one header)",
    ],
    [
      "a map of two owners",
      map("m", "__u32"),
      map("m", "__u32").replace("datapath", "endpoint"),
      "generate map m: owner is datapath in a.bpf.o and endpoint in b.bpf.o (define the map in one header)",
    ],
    [
      "two structs of one name",
      exported("__u32 index; __u8 mac[8];"),
      exported("__u32 index; __u32 mac;"),
      "generate struct x: field `mac` at offset 4: wanted u8[8], found u32; the first is of a.bpf.o, the second of b.bpf.o (define it in one header, or rename one)",
    ],
    [
      "structs whose fields differ in meaning only",
      exported("__u32 index;"),
      exported("enum kind index;"),
      "generate struct x: its fields have types of other names; the first is of a.bpf.o, the second of b.bpf.o (define it in one header, or rename one)",
    ],
    [
      "two enums of one name",
      'enum k { K_A }; EXPORT(enum k, "datapath");',
      'enum k { K_B }; EXPORT(enum k, "datapath");',
      "generate enum k: it has other values; the first is of a.bpf.o, the second of b.bpf.o (define it in one header, or rename one)",
    ],
  ])("%s", (_what, a, b, message) => {
    const error = refusalOf({ a, b });
    expect(error.message).toBe(message);
    expect(error.code).toBe("conflict");
  });

  it("two things of one name in TypeScript", () => {
    const source = `struct flow_key { __u32 a; }; struct flowKey { __u32 a; };
      EXPORT(struct flow_key, "datapath"); EXPORT(struct flowKey, "datapath");`;
    expect(refusalOf({ a: source }).message).toBe(
      "generate struct flowKey: struct flow_key is called `FlowKey` in TypeScript too (rename one)",
    );
  });

  it("two settings of one name in TypeScript", () => {
    const source = "const volatile __u32 flow_limit = 1; const volatile __u32 flowLimit = 1;";
    expect(refusalOf({ a: source }).message).toBe(
      "generate object a: two of its globals are called `flowLimit` (rename one)",
    );
  });

  it("a global that generated code uses", () => {
    const source = 'enum map { MAP_A }; EXPORT(enum map, "datapath");';
    expect(refusalOf({ a: source }).message).toBe(
      "generate enum map: a global of the language is called `Map` in TypeScript too (rename one)",
    );
  });

  it("a name that generated code imports", () => {
    const source = 'struct codec { __u32 a; }; EXPORT(struct codec, "datapath");';
    expect(refusalOf({ a: source }).message).toContain("struct codec is called `Codec`");
  });

  it("an owner without an output, and an output without an owner", () => {
    const unknown = refusalOf({ a: map("m", "__u32", "", 'OWNER("endpont")') });
    expect(unknown.code).toBe("bad-config");
    expect(unknown.message).toBe(
      "read configuration outputs: map m of a.bpf.o belongs to `endpont`, which has none (known: datapath)",
    );
    const idle = refusalOf({ a: "int x;" }, { outputs: { datapath: "d.ts", endpoint: "e.ts" } });
    expect(idle.message).toBe(
      "read configuration outputs: `endpoint` has an output, but owns nothing (remove it)",
    );
  });

  it("several reasons at once, each told once", () => {
    const source = `${exported("__u8 a; __u32 b;")}\n${map("no_owner", "__u32", "", "")}`;
    const error = refusalOf({ a: source, b: source });
    expect(error.reason.split("\n")).toEqual([
      "2 problems",
      expect.stringContaining("generate map no_owner: it has no owner"),
      expect.stringContaining("generate struct x.a: 3 bytes of implicit padding"),
    ]);
    expect(error.cause).toBeInstanceOf(AggregateError);
  });
});
