import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { s32, u32, u64 } from "./codecs.ts";
import { createMap } from "./kernel-map.ts";
import { loadObject } from "./load-object.ts";
import { mapMemory } from "./mapped-memory.ts";
import { openObject } from "./object.ts";
import type { LoadedObject, OpenedObject, OpenOptions } from "./object-types.ts";
import type { MapSpec, VariableSpec } from "./spec.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { thrown } from "./testing/thrown.ts";

const packet = new Uint8Array(64);

let bytes: Uint8Array;

beforeAll(() => {
  bytes = compileFixture("variables");
});

async function load(
  options: OpenOptions = {},
  change: (file: OpenedObject) => void = () => undefined,
): Promise<LoadedObject> {
  using file = await openObject(bytes, { name: "variables", ...options });
  change(file);
  return await file.load();
}

async function run(object: LoadedObject, program = "run"): Promise<number> {
  return (await object.program(program).testRun({ data: packet })).returnValue;
}

describe("the variables of an object file", () => {
  it("are listed with their sections and codecs", async () => {
    using file = await openObject(bytes, { name: "variables" });
    const found = file.variables.map(({ name, section, codec }) => [name, [section, codec.size]]);
    expect(Object.fromEntries(found)).toEqual({
      fixed: [".rodata", 4],
      hidden: [".bss", 4],
      label: [".data", 16],
      limits: [".data", 16],
      runs: [".bss", 8],
      separate: [".data.more", 4],
    });
    expect(thrown(() => file.findVariable("absent"))).toMatchObject({
      code: "no-such-member",
      reason: expect.stringContaining("limits"),
    });
  });

  it("are set before loading, by their type information", async () => {
    using object = await load({}, (file) => {
      file.setVariable(file.findVariable("fixed"), 100);
      file.setVariable(file.findVariable("separate"), 1000);
      file.setVariable(file.findVariable("limits"), { rate: 1, burst: 2 });
      file.setVariable(file.findVariable("label"), "");
    });
    expect(await run(object)).toBe(1101);
    expect(object.variable(object.findVariable("fixed")).get()).toBe(100);
  });
});

describe("the variables of a loaded object", () => {
  it("are read and written while programs run", async () => {
    using object = await load();
    const runs = object.variable<bigint>(typed(object, "runs", u64));
    const limits = object.variable(object.findVariable("limits"));
    expect([runs.get(), limits.get()]).toEqual([0n, { rate: 5, burst: 6n }]);
    expect(await run(object)).toBe(5 + 7 + 9 + "f".charCodeAt(0));
    expect(runs.get()).toBe(1n);
    runs.set(40n);
    limits.set({ rate: 50, burst: 6n });
    expect(await run(object)).toBe(50 + 7 + 9 + "f".charCodeAt(0));
    expect([runs.get(), object.variable(object.findVariable("hidden")).get()]).toEqual([41n, 50]);
    object.variable(object.findVariable("separate")).set(0);
    expect(await run(object)).toBe(50 + 7 + "f".charCodeAt(0));
  });

  it("of .rodata are fixed", async () => {
    using object = await load();
    const fixed = object.variable(object.findVariable("fixed"));
    expect(fixed.get()).toBe(7);
    expect(thrown(() => fixed.set(8))).toMatchObject({
      code: "invalid-state",
      reason: "section .rodata is fixed once it is loaded",
    });
    expect(thrown(() => object.memory(".rodata"))).toMatchObject({ code: "invalid-state" });
  });

  it("do not reach beyond their section", async () => {
    using object = await load();
    const beyond: VariableSpec<number> = { section: ".bss", offset: 4096, codec: u32 };
    expect(thrown(() => object.variable(beyond))).toMatchObject({ code: "no-such-member" });
    const absent: VariableSpec<number> = { section: ".data.absent", offset: 0, codec: u32 };
    expect(thrown(() => object.variable(absent))).toMatchObject({ code: "no-such-member" });
    const runs = object.variable(object.findVariable("runs"));
    expect(thrown(() => runs.set(-1n))).toMatchObject({ code: "invalid-argument" });
  });

  it("are gone with the object, and their memory with them", async () => {
    const object = await load();
    const runs = object.variable(object.findVariable("runs"));
    const memory = object.memory(".bss");
    const view = new DataView(memory.bytes.buffer);
    expect(memory.bytes.length).toBeGreaterThan(8);
    object.close();
    expect([memory.closed, memory.bytes.length]).toEqual([true, 0]);
    expect(() => view.getUint8(0)).toThrow(TypeError);
    expect(thrown(() => runs.get())).toMatchObject({ code: "handle-closed" });
    expect(thrown(() => runs.set(1n))).toMatchObject({ code: "handle-closed" });
    expect(thrown(() => object.memory(".data"))).toMatchObject({ code: "handle-closed" });
  });

  it("survive that their memory is moved, or closed on its own", async () => {
    const object = await load();
    const runs = object.variable(object.findVariable("runs"));
    const memory = object.memory(".bss");
    const moved = new Uint8Array(memory.bytes.buffer.transfer());
    memory.close();
    await run(object);
    expect([runs.get(), moved[0]]).toEqual([1n, 1]);
    object.close();
    expect(moved[0]).toBe(1);
  });
});

function typed<T>(
  object: LoadedObject,
  name: string,
  codec: VariableSpec<T>["codec"],
): VariableSpec<T> {
  const { section, offset } = object.findVariable(name);
  return { section, offset, codec };
}

describe("the memory of a map", () => {
  const spec: MapSpec<number, number> = {
    name: "shared",
    type: "array",
    maxEntries: 3,
    flags: 0x400, // BPF_F_MMAPABLE
    key: u32,
    value: u32,
    layout: "",
  };

  it("is shared with the programs, and outlives the handle", async () => {
    using object = await load();
    const map = object.map(spec);
    using memory = mapMemory(map);
    const view = new DataView(memory.bytes.buffer);
    s32.encode(5, view, 8);
    await run(object);
    expect([map.get(1), s32.decode(view, 8)]).toEqual([6, 6]);
    object.close();
    expect(s32.decode(view, 8)).toBe(6);
    memory.close();
    memory.close();
    expect(memory.bytes.length).toBe(0);
  });

  it("is not shared by other maps", async () => {
    using plain = await createMap({ ...spec, flags: 0 });
    using hash = await createMap({ ...spec, type: "hash", flags: 0 });
    for (const map of [plain, hash]) {
      expect(thrown(() => mapMemory(map))).toMatchObject({ code: "invalid-argument" });
    }
  });
});

describe("what the kernel fills in", () => {
  it("is its own configuration, or what is given instead", async () => {
    using own = await load();
    expect(await run(own, "hz")).toBeGreaterThan(0);
    using given = await load({ kconfig: "CONFIG_HZ=12345\n" });
    expect(await run(given, "hz")).toBe(12345);
  });

  it.each([
    ["OPTION", "the option CONFIG_HEDDLE_ABSENT"],
    ["FUNCTION", "the function heddle_absent_function"],
    ["VARIABLE", "the variable heddle_absent_variable"],
  ])("is named when it is missing: %s", async (which, what) => {
    using file = await openObject(compileFixture("variables", `-DMISSING_${which}`));
    await expect(file.load()).rejects.toMatchObject({
      code: "missing-extern",
      reason: expect.stringMatching(`^it needs ${what}, (?:which this kernel|of which there)`),
    });
  });

  it("is zero when it is weak and the kernel does not know it", async () => {
    using file = await openObject(compileFixture("variables", "-DWEAK_OPTIONS"));
    using object = await file.load();
    expect(await run(object, "zero")).toBe(1);
  });
});

/** Opens, in a process that sees no /proc and thus no configuration there, and runs a program. */
function runHidden(flag: string, kconfig: string, program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-hidden-"));
  const index = new URL("index.ts", import.meta.url).href;
  const code = `
    import { openObject } from ${JSON.stringify(index)};
    try {
      const source = ${JSON.stringify(join(folder, "object.bpf.o"))};
      const object = await (await openObject(source, { kconfig: ${JSON.stringify(kconfig)} })).load();
      const run = await object.program("${program}").testRun({ data: new Uint8Array(64) });
      console.log(run.returnValue);
    } catch (error) {
      console.log(error.code, error.reason);
    }
  `;
  const hide = 'mount -t tmpfs hdt /proc && mount -t tmpfs hdt /boot && exec "$@"';
  try {
    mkdirSync("/boot", { recursive: true });
    writeFileSync(join(folder, "object.bpf.o"), compileFixture("variables", flag));
    const node = [process.execPath, "--input-type=module", "-e", code];
    return execFileSync("unshare", ["-m", "sh", "-c", hide, "sh", ...node], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("what a kernel that tells no configuration fills in", () => {
  it("is zero where it is weak", () => {
    const given = "CONFIG_HZ=100\nCONFIG_BPF_SYSCALL=y\n";
    expect(runHidden("-DWEAK_OPTIONS", given, "zero")).toBe("1\n");
    const some = "CONFIG_HZ=100\nCONFIG_HEDDLE_TRISTATE=m\n";
    expect(runHidden("-DWEAK_OPTIONS", some, "zero")).toBe("0\n");
  });

  it("is named where it is strong", () => {
    expect(runHidden("-DMISSING_OPTION", "CONFIG_HZ=100\n", "run")).toMatch(
      /^missing-extern it needs the option CONFIG_HEDDLE_ABSENT, of which there is nothing in/,
    );
  });
});

describe("a map that is not created", () => {
  it("is left out, with the programs that use it", async () => {
    const spec = { name: "variables", programs: {}, maps: [], settings: {} };
    const maps = { extra: { create: false } };
    using object = await loadObject(spec, bytes, { maps, programs: ["run"] });
    expect(await run(object)).toBeGreaterThan(0);
    expect(thrown(() => object.rawMap("extra"))).toMatchObject({
      code: "no-such-member",
      reason: "it was chosen not to be created",
    });
  });

  it("is one of the object's", async () => {
    using file = await openObject(bytes);
    expect(thrown(() => file.setAutocreate("absent", false))).toMatchObject({
      code: "no-such-member",
    });
    file.setAutocreate("extra", false);
    await expect(file.load()).rejects.toMatchObject({ code: "verifier-rejected" });
  });
});
