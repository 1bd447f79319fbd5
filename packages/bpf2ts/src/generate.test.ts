import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { encodeToBytes, macCodec } from "libbpf-napi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arbitraryOf } from "./testing/arbitrary.ts";
import { compileFixture, runC } from "./testing/compile-fixture.ts";
import { defineConfig } from "./config.ts";
import { generate } from "./generate.ts";
import { type GeneratedFile, writeFiles } from "./generated-file.ts";
import { codecsOf, type LaidOutCodec, lawViolation } from "./testing/law.ts";

/** Every kind of field, in types that the host's C compiler knows too. */
const types = `
/** A colour. */
enum colour {
	/** The first. */
	COLOUR_RED,
	COLOUR_FIRST_DARK = 7,
	COLOUR_BLACK = 7,
};
enum narrow : unsigned char { NARROW_OFF, NARROW_ON = 200 };
enum minus { MINUS_ONE = -1, MINUS_NONE = 0 };
enum wide : unsigned long long { WIDE_BIT = 1ULL << 40 };
struct mac_addr { __u8 byte[6]; };
typedef __u32 celsius;

/**
 * Part of
 * another struct.
 */
struct inner {
	__u16 small;
	/** In network order. */
	__be16 port;
};

/** Every kind of field. */
struct every {
	__u8 u8;
	__s8 s8;
	__u16 u16;
	__s16 s16;
	__be16 be16;
	__u32 u32;
	__s32 s32;
	__be32 be32;
	__u32 reserved;
	__u64 u64;
	__s64 s64;
	__be64 be64;
	_Bool flag;
	enum narrow narrow;
	struct mac_addr mac;
	__u8 bytes[5];
	char name[10] TEXT;
	__u8 reserved2;
	__u16 ports[4];
	struct inner inner;
	struct inner inners[2];
	__u16 matrix[2][3];
	enum colour colour;
	enum minus minus;
	celsius outside;
	__u32 reserved3;
	enum wide wide;
	enum narrow narrows[3];
	struct mac_addr macs[2];
	__u8 reserved4;
};
`;

const fixture = compileFixture({
  every: `${types}
/** All of them. */
struct {
	__uint(type, 9);
	__uint(max_entries, 1 << 10);
	__uint(map_flags, 2);
	__type(key, struct inner);
	__type(value, struct every);
} things SEC(".maps") OWNER("datapath");
struct {
	__uint(type, 6);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps") OWNER("endpoint");
/** What happened. */
struct {
	__uint(type, 27);
	__uint(max_entries, 4096);
	EVENT(struct inner);
} events SEC(".maps") OWNER("datapath");
EXPORT(enum wide, "endpoint");
/** The largest packet. */
const volatile __u16 mtu = 1500;
const volatile struct mac_addr gateway_mac;
const volatile enum colour colours[2];
const __u32 not_a_setting[2] = { 1, 2 };
__u32 not_one_either;
/** Runs first. */
SEC("tcx/ingress") int from_pod(void *ctx) { return mtu + gateway_mac.byte[0] + colours[1] + not_one_either; }
`,
  other: `${types}
EXPORT(struct every, "datapath");
`,
});

afterAll(() => fixture[Symbol.dispose]());

const config = defineConfig(
  fixture.config({
    outputs: {
      datapath: join(fixture.folder, "datapath.ts"),
      endpoint: join(fixture.folder, "endpoint.ts"),
    },
    domainTypes: {
      mac_addr: {
        type: { name: "MacAddress", from: "@heddle/contracts" },
        codec: { name: "macCodec", from: "libbpf-napi" },
        size: 6,
      },
      celsius: { type: "number", codec: { name: "u32", from: "libbpf-napi" }, size: 4 },
    },
  }),
);
let files: readonly GeneratedFile[] = [];
let datapath: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  files = generate(config);
  writeFiles(files);
  datapath = await import(/* @vite-ignore */ join(fixture.folder, "datapath.ts"));
});

function sourceOf(owner: string): string {
  return files.find((file) => basename(file.path) === `${owner}.ts`)?.content ?? "";
}

describe("the generated file", () => {
  it("has what its owner owns, with the comments of C", () => {
    expect(sourceOf("datapath")).toContain(`/**
 * Part of
 * another struct.
 */
export interface Inner {
  readonly small: number;
  /** In network order. */
  readonly port: number;
}

/** {@link Inner} in memory: 4 bytes. */
export const innerCodec: Codec<Inner> = {
  size: 4,
  encode(value, target, offset) {
    u16.encode(value.small, target, offset);
    u16be.encode(value.port, target, offset + 2);
  },
  decode(source, offset) {
    return {
      small: u16.decode(source, offset),
      port: u16be.decode(source, offset + 2),
    };
  },
};
`);
    expect(sourceOf("datapath")).toContain(`/** The load-time constants of the object \`every\`. */
export type EverySettings = {
  /** The largest packet. */
  readonly mtu: VariableSpec<number>;
  readonly gatewayMac: VariableSpec<MacAddress>;
  readonly colours: VariableSpec<readonly Colour[]>;
};
`);
    expect(sourceOf("endpoint")).toContain("WideName");
    expect(sourceOf("endpoint")).not.toContain("things");
  });

  it("has the specs of maps, objects and programs", () => {
    expect(datapath).toMatchObject({
      thingsMap: { name: "things", type: "lru_hash", maxEntries: 1024, flags: 2 },
      eventsMap: { name: "events", type: "ringbuf", maxEntries: 4096, event: { size: 4 } },
      everyObject: {
        name: "every",
        maps: ["things", "counters", "events"],
        programs: { fromPod: { name: "from_pod", section: "tcx/ingress" } },
        settings: {
          mtu: { section: ".rodata", codec: { size: 2 } },
          gatewayMac: { codec: { size: 6 } },
          colours: { codec: { size: 8 } },
        },
      },
      otherObject: { name: "other", maps: [], programs: {}, settings: {} },
    });
  });

  it("names the values of enums both ways, and the last of equal ones", () => {
    expect(datapath["Colour"]).toEqual({ red: 0, firstDark: 7, black: 7 });
    const nameOf = datapath["colourName"];
    if (typeof nameOf !== "function") throw new Error("colourName is missing");
    expect([0, 7, 3].map((value) => nameOf(value))).toEqual(["red", "black", undefined]);
    expect(datapath["Wide"]).toEqual({ bit: 1n << 40n });
    expect(datapath["Minus"]).toEqual({ one: -1, none: 0 });
  });

  it("is what the compiler and the formatter want", () => {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const project = join(fixture.folder, "tsconfig.json");
    const extended = join(root, "tsconfig.json");
    writeFileSync(project, JSON.stringify({ extends: extended, include: ["*.ts"] }));
    const environment = { cwd: root, encoding: "utf8" } as const;
    execFileSync("node_modules/.bin/tsc", ["-p", project], environment);
    for (const { path, content } of files) {
      const args = [`--stdin-filepath=${basename(path)}`];
      const formatted = execFileSync("node_modules/.bin/oxfmt", args, {
        ...environment,
        input: content,
      });
      expect(formatted).toBe(content);
    }
  });

  it("is the same every time", () => {
    expect(generate(config)).toEqual(files);
  });
});

const domains = (name: string): fc.Arbitrary<unknown> | undefined => {
  if (name === "celsius") return fc.nat();
  if (name !== "mac_addr") return undefined;
  return fc
    .uint8Array({ minLength: 6, maxLength: 6 })
    .map((bytes) => macCodec.decode(new DataView(bytes.buffer), 0));
};

function partOf(name: string): LaidOutCodec {
  const found = codecsOf(datapath).find((part) => part.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

describe("the codec of every struct", () => {
  const names = ["inner", "every"];

  it("is exported, with its layout", () => {
    expect(codecsOf(datapath).map((part) => part.name)).toEqual(names);
  });

  it.each(names)("decodes what it encodes: %s", (name) => {
    const part = partOf(name);
    expect(lawViolation(part, arbitraryOf(part.layout, domains))).toBeUndefined();
  });

  it("breaks the law when it forgets a field, or has another size", () => {
    const part = partOf("inner");
    const values = arbitraryOf(part.layout, domains);
    const forgetful = { ...part.codec, encode: () => undefined };
    expect(lawViolation({ ...part, codec: forgetful }, values)).toContain("Counterexample");
    const larger = { ...part.codec, size: 8 };
    expect(lawViolation({ ...part, codec: larger }, values)).toContain("8 bytes, its layout 4");
    expect(() => codecsOf({ innerCodec: part.codec })).toThrow(/has no innerLayout beside it/);
  });

  it("takes what the law says it takes, no more", () => {
    const { codec } = partOf("inner");
    expect(() => encodeToBytes(codec, { small: 65_536, port: 0 })).toThrow(/65536 does not fit/);
    expect(() => encodeToBytes(codec, { small: 0, port: -1 })).toThrow(/-1 does not fit/);
  });
});

const value = {
  u8: 0xfe,
  s8: -2,
  u16: 0x1234,
  s16: -300,
  be16: 0x0102,
  u32: 0xdead_beef,
  s32: -70_000,
  be32: 0x0a00_0001,
  u64: 0x0102_0304_0506_0708n,
  s64: -5n,
  be64: 1n,
  flag: true,
  narrow: 200,
  mac: "02:00:00:00:00:01",
  bytes: Uint8Array.of(1, 2, 3, 4, 5),
  name: "eth0",
  ports: [1, 2, 3, 0xffff],
  inner: { small: 7, port: 443 },
  inners: [
    { small: 1, port: 2 },
    { small: 3, port: 4 },
  ],
  matrix: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  colour: 7,
  minus: -1,
  outside: 21,
  wide: 1n << 40n,
  narrows: [0, 200, 0],
  macs: ["02:00:00:00:00:02", "02:00:00:00:00:03"],
};

const sameInC = `
static struct every every = {
	.u8 = 0xfe, .s8 = -2, .u16 = 0x1234, .s16 = -300, .be16 = __builtin_bswap16(0x0102),
	.u32 = 0xdeadbeef, .s32 = -70000, .be32 = __builtin_bswap32(0x0a000001),
	.u64 = 0x0102030405060708, .s64 = -5, .be64 = __builtin_bswap64(1),
	.flag = 1, .narrow = NARROW_ON, .mac = { { 2, 0, 0, 0, 0, 1 } }, .bytes = { 1, 2, 3, 4, 5 },
	.name = "eth0", .ports = { 1, 2, 3, 0xffff }, .inner = { 7, __builtin_bswap16(443) },
	.inners = { { 1, __builtin_bswap16(2) }, { 3, __builtin_bswap16(4) } },
	.matrix = { { 1, 2, 3 }, { 4, 5, 6 } }, .colour = COLOUR_BLACK, .minus = MINUS_ONE,
	.outside = 21, .wide = WIDE_BIT, .narrows = { NARROW_OFF, NARROW_ON, NARROW_OFF },
	.macs = { { { 2, 0, 0, 0, 0, 2 } }, { { 2, 0, 0, 0, 0, 3 } } },
};
int main(void)
{
	for (unsigned int i = 0; i < sizeof(every); i++)
		printf("%02x", ((unsigned char *)&every)[i]);
	return 0;
}`;

/** A map that the package `datapath` owns. */
function map(type: number, name: string, members: string): string {
  return `struct { __uint(type, ${String(type)}); ${members} } ${name} SEC(".maps") OWNER("datapath");`;
}

describe("a configuration", () => {
  it("takes maps of every type that has a spec", () => {
    const entries = "__uint(max_entries, 4);";
    using maps = compileFixture({
      kinds: `struct command { __u32 number; };
${map(3, "tails", `${entries} __uint(key_size, 4); __uint(value_size, 4);`)}
${map(4, "perf", "__uint(key_size, 4); __uint(value_size, 4);")}
${map(22, "jobs", `${entries} __type(value, struct command);`)}
${map(24, "per_socket", "__uint(map_flags, 1); __type(key, __s32); __type(value, __u64);")}
${map(30, "seen", `${entries} __uint(map_extra, 3); __type(value, __u32);`)}
${map(31, "commands", `${entries} EVENT(struct command);`)}
${map(33, "memory", `${entries} __uint(map_flags, 1024);`)}`,
    });
    const [file] = generate(maps.config());
    const specs = Array.from(
      file?.content.matchAll(/export const (\w+)Map: (.*) =/g) ?? [],
      ([, name, type]) => `${String(name)}: ${String(type)}`,
    );
    expect(specs).toEqual([
      "commands: UserRingBufferSpec<Command>",
      "jobs: QueueSpec<Command>",
      "memory: ArenaSpec",
      "perSocket: StorageMapSpec<bigint>",
      "perf: PerfEventArraySpec<Uint8Array>",
      "seen: BloomFilterSpec<number>",
      'tails: ReferenceMapSpec<number, "prog_array">',
    ]);
  });
});

it("encodes to the bytes that C has", () => {
  const { codec } = partOf("every");
  const bytes = Buffer.from(runC(fixture.folder, types + sameInC), "hex");
  expect(Buffer.from(encodeToBytes(codec, value)).toString("hex")).toBe(bytes.toString("hex"));
  expect(codec.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0)).toEqual(
    value,
  );
});
