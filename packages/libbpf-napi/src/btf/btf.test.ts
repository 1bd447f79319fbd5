import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alignmentOf,
  type Btf,
  BtfError,
  btfOfElf,
  elfSection,
  fieldOf,
  formatType,
  layoutHash,
  layoutOf,
  parseBtf,
  parseElf,
  resolveType,
  sizeOf,
} from "./index.ts";

const source = `
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef __u16 __be16;
#define TAG(text) __attribute__((btf_decl_tag(text)))
enum colour { RED, GREEN = 7 };
enum narrow : unsigned char { NARROW = 200 };
enum minus { MINUS = -1 };
enum wide : unsigned long long { WIDE = 1ULL << 40 };
struct mac { __u8 byte[6]; };
typedef struct mac mac_t;
union either { __u32 word; __u8 byte[4]; };
struct __attribute__((packed)) packed { __u8 first; __u64 second; };
struct declared;
struct every {
	const volatile __be16 port TAG("first") TAG("second");
	_Bool flag;
	char text[5];
	mac_t macs[2];
	enum colour colour;
	enum narrow narrow;
	enum minus minus;
	enum wide wide;
	float single;
	double twice;
	union { __u32 low; struct { __u16 inner; __u16 upper; }; };
	union either either;
	struct packed packed;
	unsigned int bit : 1;
	unsigned int bits : 12;
	struct declared *declared;
	const char *const restrict name;
	void *(*call)(int, const void *, ...);
	int (*rows)[3][4];
	int __attribute__((btf_type_tag("user"))) *user;
};
struct every every __attribute__((section(".every"))) TAG("owner:test");
__attribute__((section("prog"))) int run(struct every *argument) { return argument->flag; }
`;

function compile(text: string, target = "bpf", debug = "-g"): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "hdt-btf-"));
  try {
    const [input, output] = [join(folder, "fixture.bpf.c"), join(folder, "fixture.bpf.o")];
    writeFileSync(input, text);
    execFileSync("clang-19", [debug, "-O2", "-target", target, "-c", input, "-o", output]);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function failure(action: () => unknown): BtfError {
  try {
    action();
  } catch (error) {
    if (error instanceof BtfError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const object = compile(source);
const elf = parseElf(object, "fixture.bpf.o");
const btf = btfOfElf(elf);

function idOf(graph: Btf, name: string): number {
  const type = graph.find("struct", name);
  if (type === undefined) throw new Error(`the fixture has no struct ${name}`);
  return type.id;
}

describe("an ELF object", () => {
  it("has sections and symbols", () => {
    const program = elfSection(elf, "prog");
    expect(program?.executable).toBe(true);
    expect(elfSection(elf, ".every")?.size).toBe(sizeOf(btf, idOf(btf, "every")));
    expect(elf.symbols.find((symbol) => symbol.name === "run")).toMatchObject({
      type: "function",
      global: true,
      weak: false,
      section: program?.index,
      size: program?.size,
    });
  });

  it.each([
    ["", "not-elf", "it begins with nothing, not with 7f 45 4c 46"],
    ["int main;", "not-elf", "it begins with 69 6e 74 20, not with 7f 45 4c 46"],
    ["\x7fELF\x01\x01", "unsupported-elf", "class 1 and byte order 1 at offset 4"],
    ["\x7fELF\x02\x01", "malformed-elf", "file, offset 0: 64 bytes wanted, but it has only 6"],
  ])("is not %j", (text, code, reason) => {
    const error = failure(() => parseElf(new TextEncoder().encode(text), "x.o"));
    expect(error.code).toBe(code);
    expect(error.message).toContain("read ELF file x.o: ");
    expect(error.reason).toBe(reason);
  });

  it("that is cut short is refused with section and offset", () => {
    const error = failure(() => parseElf(object.subarray(0, object.length - 1), "short.bpf.o"));
    expect(error.code).toBe("malformed-elf");
    expect(error.reason).toMatch(/^file, offset \d+: \d+ bytes wanted, but it has only \d+$/);
    expect(error.hint).toBe("the file is cut short or damaged");
  });

  it("whose section lies outside of the file is refused by name", () => {
    const bytes = Uint8Array.from(object);
    const headers = Number(new DataView(bytes.buffer).getBigUint64(40, true));
    const index = elfSection(elf, ".BTF")?.index ?? 0;
    new DataView(bytes.buffer).setBigUint64(headers + index * 64 + 32, 1n << 40n, true);
    const error = failure(() => parseElf(bytes, "x.o"));
    expect(error.reason).toContain("section .BTF has 1099511627776 bytes from here");
  });

  it("without type information is refused with what to do", () => {
    const bytes = compile(source, "bpf", "-g0");
    const error = failure(() => btfOfElf(parseElf(bytes, "x.o")));
    expect(error.code).toBe("no-btf");
    expect(error.hint).toContain("-g");
  });

  it("reads the same in the other byte order", () => {
    const other = btfOfElf(parseElf(compile(source, "bpfeb"), "big.bpf.o"));
    expect(layoutOf(other, idOf(other, "every"))).toEqual(layoutOf(btf, idOf(btf, "every")));
  });
});

/** Reads whatever is there, and says how that ended. Any error but {@link BtfError} passes through. */
function readAll(bytes: Uint8Array): "read" | "refused" {
  try {
    const graph = btfOfElf(parseElf(bytes, "damaged.o"));
    for (const { id } of graph.types) {
      formatType(graph, id);
      layoutHash(layoutOf(graph, id));
      alignmentOf(graph, id);
    }
    return "read";
  } catch (error) {
    if (error instanceof BtfError) return "refused";
    throw error;
  }
}

describe("a damaged object", () => {
  // The section headers come last, so no shorter file is whole.
  it("is refused wherever it is cut", () => {
    for (let length = 0; length < object.length; length += 7) {
      expect(readAll(object.subarray(0, length))).toBe("refused");
    }
  });

  it("is read or refused, whatever its bytes are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(object.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const bytes = Uint8Array.from(object);
          for (const [offset, value] of changes) bytes[offset] = value;
          expect(readAll(bytes)).toBeOneOf(["read", "refused"]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ["magic", 0, 0, "BTF header, offset 0: the magic number 0xeb9f is missing"],
    ["version", 2, 9, "BTF header, offset 2: version 9 instead of 1"],
    ["header length", 4, 8, "BTF header, offset 4: a header of 8 bytes, at least 24 are needed"],
    ["kind", 24 + 7, 31, "BTF types, offset 4: type 1 is of the unknown kind 31"],
  ])("names the place of a wrong %s", (_what, offset, value, reason) => {
    const bytes = Uint8Array.from(elfSection(elf, ".BTF")?.bytes ?? []);
    bytes[offset] = value;
    expect(failure(() => parseBtf(bytes, "x")).reason).toBe(reason);
  });

  it("names a reference to a type that is not there", () => {
    const bytes = Uint8Array.from(elfSection(elf, ".BTF")?.bytes ?? []);
    expect(btf.type(1)).toMatchObject({ kind: "pointer" });
    new DataView(bytes.buffer).setUint32(24 + 8, 9999, true);
    expect(failure(() => parseBtf(bytes, "x")).reason).toBe(
      `type 1 (pointer "") refers to type 9999; the last is ${String(btf.types.length - 1)}`,
    );
  });

  it.each([
    // A struct whose member has its own type, and a typedef of itself.
    ["struct", [1, (4 << 24) | 1, 4, 1, 1, 0]],
    ["typedef", [1, 8 << 24, 1]],
  ])("has no layout of a %s that contains itself", (_kind, words) => {
    const graph = parseBtf(rawBtf(words), "x");
    const error = failure(() => layoutOf(graph, 1));
    expect(error.code).toBe("malformed-btf");
    expect(error.reason).toContain("it contains itself");
    expect(failure(() => alignmentOf(graph, 1)).code).toBe("malformed-btf");
  });
});

describe("type information that lies about sizes", () => {
  const int = [1, 1 << 24, 4, 32];

  it.each([
    ["a member behind the end", [...int, 1, (4 << 24) | 1, 4, 1, 1, 64], "ends at 12 of 4 bytes"],
    ["a member larger than all", [...int, 1, (4 << 24) | 1, 2, 1, 1, 0], "ends at 4 of 2 bytes"],
    [
      "a bitfield behind the end",
      [...int, 1, (1 << 31) | (4 << 24) | 1, 4, 1, 1, (3 << 24) | 30],
      "ends at 5 of 4 bytes",
    ],
    ["a number of odd size", [1, 1 << 24, 400, 32], "a number of 400 bytes"],
  ])("is refused: %s", (_, words, reason) => {
    const graph = parseBtf(rawBtf(words), "x");
    const error = failure(() => layoutOf(graph, graph.types.length - 1));
    expect([error.code, error.reason]).toEqual(["malformed-btf", expect.stringContaining(reason)]);
  });

  it("is refused when a part of it is longer than the file", () => {
    for (const at of [12, 20]) {
      const bytes = rawBtf(int);
      new DataView(bytes.buffer).setUint32(at, 0x7fff_ffff, true);
      expect(failure(() => parseBtf(bytes, "x"))).toMatchObject({
        code: "malformed-btf",
        reason: expect.stringContaining("bytes wanted"),
      });
    }
  });
});

/** BTF of types that are given as 32-bit words; the name at 1 is `a`. */
function rawBtf(words: readonly number[]): Uint8Array {
  const types = words.length * 4;
  const head = [0x0001_eb9f, 24, 0, types, types, 3, ...words];
  return Uint8Array.from([...new Uint8Array(Uint32Array.from(head).buffer), 0, 0x61, 0]);
}

/** A typedef of a type, named by an offset into the strings of both. */
function split(name: number, target: number, strings: readonly number[]): Uint8Array {
  const head = [0x0001_eb9f, 24, 0, 12, 12, strings.length, name, 8 << 24, target];
  return Uint8Array.from([...new Uint8Array(Uint32Array.from(head).buffer), ...strings]);
}

describe("split BTF", () => {
  const base = parseBtf(rawBtf([1, 1 << 24, 4, 32]), "base");

  it("has its types after those that it builds on, and uses their names", () => {
    const own = parseBtf(split(3, 1, [0x62, 0]), "own", base);
    expect(own.types.map(({ id, name }) => [id, name])).toEqual([
      [0, ""],
      [1, "a"],
      [2, "b"],
    ]);
    expect(formatType(own, 2)).toBe("typedef a b;");
    expect(sizeOf(own, 2)).toBe(4);
    expect(parseBtf(split(1, 1, []), "own", base).type(2).name).toBe("a");
    const third = parseBtf(split(5, 2, [0x63, 0]), "third", own);
    expect(formatType(third, 3)).toBe("typedef b c;");
  });

  it("is refused without, with another one, and where it refers to nothing", () => {
    expect(failure(() => parseBtf(split(3, 1, [0x62, 0]), "own")).code).toBe("malformed-btf");
    expect(failure(() => parseBtf(split(9, 1, [0x62, 0]), "own", base)).code).toBe("malformed-btf");
    expect(failure(() => parseBtf(split(3, 9, [0x62, 0]), "own", base)).reason).toContain(
      "refers to type 9",
    );
    const foreign: Btf = {
      subject: "foreign",
      count: base.count,
      types: base.types,
      type: (id) => base.type(id),
      find: () => undefined,
      tags: () => [],
    };
    expect(failure(() => parseBtf(split(3, 1, [0x62, 0]), "own", foreign)).reason).toContain(
      "not made by parseBtf",
    );
  });
});

describe("the type graph", () => {
  it("keeps the names of typedefs when it resolves them", () => {
    const { type } = fieldOf(btf, idOf(btf, "every"), "port");
    expect(resolveType(btf, type)).toMatchObject({
      typedefs: ["__be16", "__u16"],
      isConst: true,
      isVolatile: true,
      type: { kind: "int", name: "unsigned short" },
    });
  });

  it("has the declaration tags of variables and members", () => {
    expect(btf.tags(btf.find("variable", "every")?.id ?? 0)).toEqual(["owner:test"]);
    expect(btf.tags(idOf(btf, "every"), 0)).toEqual(["first", "second"]);
    expect(btf.tags(idOf(btf, "every"), 1)).toEqual([]);
  });

  it("has enums of every width and sign", () => {
    expect(btf.find("enum", "colour")).toMatchObject({ size: 4, signed: false, valueBits: 32 });
    expect(btf.find("enum", "narrow")).toMatchObject({ size: 1, enumerators: [{ value: 200n }] });
    expect(btf.find("enum", "minus")).toMatchObject({
      signed: true,
      enumerators: [{ value: -1n }],
    });
    expect(btf.find("enum", "wide")).toMatchObject({
      size: 8,
      enumerators: [{ value: 1n << 40n }],
    });
  });

  // Offsets as clang's -fdump-record-layouts prints them.
  it.each([
    ["flag", 16, 0],
    ["macs", 64, 0],
    ["colour", 160, 0],
    ["inner", 448, 0],
    ["upper", 464, 0],
    ["packed.second", 520, 0],
    ["bit", 584, 1],
    ["bits", 585, 12],
  ])("finds the field %s", (path, bitOffset, bitSize) => {
    expect(fieldOf(btf, idOf(btf, "every"), path)).toMatchObject({ bitOffset, bitSize });
  });

  it("says which step of a path is wrong", () => {
    const error = failure(() => fieldOf(btf, idOf(btf, "every"), "packed.third"));
    expect(error.code).toBe("no-such-type");
    expect(error.message).toContain("find field packed.third of struct every");
    expect(error.reason).toBe("there is no member third");
  });

  it.each([
    ["every", 8],
    ["mac", 1],
    ["packed", 1],
  ])("knows the alignment of struct %s", (name, alignment) => {
    expect(alignmentOf(btf, idOf(btf, name))).toBe(alignment);
  });

  it("refuses the size of what has none, and ids that are none", () => {
    const declared = btf.find("forward", "declared")?.id ?? 0;
    expect(failure(() => sizeOf(btf, declared)).reason).toBe("it is only declared");
    expect(failure(() => sizeOf(btf, btf.find("function", "run")?.id ?? 0)).code).toBe("no-layout");
    expect(failure(() => btf.type(9999)).code).toBe("no-such-type");
  });
});

describe("a type as C", () => {
  it("declares from the name outwards", () => {
    const text = formatType(btf, idOf(btf, "every"));
    for (const line of [
      "const volatile __be16 port;",
      "mac_t macs[2];",
      "unsigned int bits : 12;",
      "struct declared *declared;",
      "const char *restrict const name;",
      "void *(*call)(int, const void *, ...);",
      "int (*rows)[3][4];",
      'int __attribute__((btf_type_tag("user"))) *user;',
    ]) {
      expect(text).toContain(`\t${line}\n`);
    }
    expect(formatType(btf, btf.find("function", "run")?.id ?? 0)).toBe(
      "int run(struct every *argument);",
    );
    expect(formatType(btf, btf.find("typedef", "mac_t")?.id ?? 0)).toBe(
      "typedef struct mac mac_t;",
    );
  });

  it("compiles to the same layout again", () => {
    const kinds = new Set(["struct", "union", "enum", "typedef"]);
    const definitions = btf.types
      .filter((type) => kinds.has(type.kind) && type.name !== "" && type.name !== "every")
      .map((type) => formatType(btf, type.id));
    // Typedefs of integers stand behind the structs that use them, and C wants them in front.
    const ordered = definitions.toSorted((left, right) => rank(left) - rank(right));
    const again = compile(
      `${ordered.join("\n")}\n${formatType(btf, idOf(btf, "every"))}\nstruct every every;`,
    );
    const graph = btfOfElf(parseElf(again, "again.bpf.o"));
    expect(layoutHash(layoutOf(graph, idOf(graph, "every")))).toBe(
      layoutHash(layoutOf(btf, idOf(btf, "every"))),
    );
  });
});

function rank(definition: string): number {
  if (!definition.startsWith("typedef")) return 2;
  if (definition.includes("struct")) return 3;
  return definition.includes("__be16") ? 1 : 0;
}

const kernel = "/sys/kernel/btf/vmlinux";

describe("the running kernel's types", () => {
  it.skipIf(!existsSync(kernel))(`are all read (needs ${kernel})`, () => {
    const graph = parseBtf(readFileSync(kernel), kernel);
    expect(graph.types.length).toBeGreaterThan(10_000);
    const list = graph.find("struct", "list_head")?.id ?? 0;
    expect(layoutOf(graph, list)).toMatchObject({
      size: 16,
      fields: [{ name: "next" }, { name: "prev" }],
    });
    expect(fieldOf(graph, graph.find("struct", "__sk_buff")?.id ?? 0, "len").bitOffset).toBe(0);
    expect(formatType(graph, graph.find("struct", "sk_buff")?.id ?? 0)).toContain(
      "struct sk_buff {",
    );
  });
});
