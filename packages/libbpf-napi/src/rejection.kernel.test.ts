import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BpfError, VerifierError } from "./errors.ts";
import { openObject } from "./object.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { runChild } from "./testing/run-child.ts";

let rejected: Uint8Array;
let core: Uint8Array;
let folder: string;

beforeAll(() => {
  rejected = compileFixture("rejected");
  core = compileFixture("core");
  folder = mkdtempSync(join(tmpdir(), "hdt-load-"));
  chmodSync(folder, 0o755); // For the child without privileges.
  writeFileSync(join(folder, "counter.bpf.o"), compileFixture("counter"));
  writeFileSync(join(folder, "core.bpf.o"), core);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The error of loading one program of fixtures/rejected.bpf.c. */
async function rejection(program: string): Promise<VerifierError> {
  using object = await openObject(rejected, { name: "rejected" });
  for (const { name } of object.programs) object.setAutoload(name, name === program);
  try {
    using _loaded = await object.load();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error("the verifier took it");
}

describe("the verifier's rejection", () => {
  it.each([
    ["null_pointer", "return value[0];", "map_value_or_null", "compare the pointer with NULL"],
    ["unbounded", "return value[skb->mark];", "R0", "bound the number"],
    ["packet_bounds", "return data[0];", "invalid access to packet", "data_end"],
    ["wrong_helper", "bpf_get_hash_recalc", "bpf_get_hash_recalc#34", "may not call"],
    ["leaked", "bpf_sk_lookup_tcp", "Unreleased reference", "release what was acquired"],
    ["wrong_context", "context + 200", "invalid bpf_context access", "this kind of program"],
    ["beyond_stack", "bpf_skb_load_bytes", "stack", "check the bounds"],
    ["unset", "asm volatile", "R5 !read_ok", "before it was set"],
    ["number_as_pointer", "skb->mark", "invalid mem access 'scalar'", "a number is used"],
    ["wrong_verdict", "return 7", "At program exit", "returns only"],
  ])("of %s shows line, reason and hint", async (program, source, message, hint) => {
    const error = await rejection(program);
    expect(error.program).toBe(program);
    expect(error.source?.text).toContain(source);
    const { file = "" } = error.source ?? {};
    expect(file.endsWith("rejected.bpf.c")).toBe(/@ \S*rejected\.bpf\.c:/.test(error.log));
    expect(error.reason).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.log).toContain("processed ");
  });

  it("of an endless loop comes from a long log", async () => {
    const error = await rejection("endless");
    expect(error.hint).toMatch(/bpf_loop|global functions/);
    expect(error.message.length).toBeLessThan(500);
  });

  it("keeps the logs of loads that run side by side apart", async () => {
    const programs = ["null_pointer", "packet_bounds", "wrong_helper", "unbounded"];
    const errors = await Promise.all(programs.map(rejection));
    expect(errors.map(({ program }) => program)).toEqual(programs);
    for (const [index, { log }] of errors.entries()) {
      const others = programs.filter((_, other) => other !== index);
      expect(others.filter((name) => log.includes(`int ${name}(`))).toEqual([]);
    }
  });

  it("leaves nothing on standard error", () => {
    const { stderr } = inChild(`
      const object = await openObject(${JSON.stringify(join(folder, "counter.bpf.o"))});
      object.setAutoload("pass", true);
      await object.load();
    `);
    expect(stderr).toBe("");
  });
});

const index = fileURLToPath(new URL("index.ts", import.meta.url));

/** Runs a script against this package in another process, and prints the error it ends with as JSON. */
function inChild(
  script: string,
  ...wrapper: readonly string[]
): { readonly error: unknown; readonly stderr: string } {
  const file = join(folder, `child-${String(Math.random()).slice(2)}.mjs`);
  const body = `
    import { readFileSync, writeFileSync } from "node:fs";
    import * as library from ${JSON.stringify(index)};
    const { openObject, createMap, u32, parseElf, btfOfElf, formatType, layoutOf } = library;
    const { createMemoryMap, createMemoryReferenceMap, createMemoryRingBuffer, ringBufferEvents } = library;
    try { ${script} } catch (error) {
      process.stdout.write(JSON.stringify({ ...error, message: error.message }));
    }
  `;
  writeFileSync(file, body);
  const args = [...wrapper, process.execPath, file];
  const { stdout, stderr } = runChild("env", args);
  return { error: stdout === "" ? undefined : JSON.parse(stdout), stderr };
}

const unprivileged =
  "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all".split(" ");

describe("without root", () => {
  it("opening works, and loading says which capability is missing", () => {
    const object = JSON.stringify(join(folder, "counter.bpf.o"));
    const script = `const object = await openObject(${object}); object.maps; await object.load();`;
    const { error, stderr } = inChild(script, ...unprivileged);
    expect(error).toMatchObject({
      code: "not-permitted",
      errno: "EPERM",
      operation: "load object",
      hint: expect.stringContaining("CAP_BPF"),
    });
    expect(stderr).toBe("");
  });

  it("maps are not made, and the missing capability is told", () => {
    const spec = `{ name: "m", type: "array", maxEntries: 1, flags: 0, key: u32, value: u32, layout: "" }`;
    expect(inChild(`await createMap(${spec})`, ...unprivileged).error).toMatchObject({
      code: "not-permitted",
      errno: "EPERM",
      operation: "create",
      subject: "map m",
      hint: expect.stringContaining("CAP_BPF"),
    });
  });

  it("objects are looked at, types are read, and maps are in memory", () => {
    const [file, found] = [join(folder, "counter.bpf.o"), join(folder, "found")];
    mkdirSync(found);
    chmodSync(found, 0o777);
    const script = `
      if (process.getuid() !== 65534) throw new Error("it is privileged");
      const file = ${JSON.stringify(file)};
      const object = await openObject(file);
      const elf = parseElf(readFileSync(file), file);
      const types = btfOfElf(elf);
      const sample = types.find("struct", "sample").id;
      const shape = { maxEntries: 1, flags: 0, layout: "" };
      const map = createMemoryMap({ ...shape, name: "m", type: "hash", key: u32, value: u32 });
      map.set(1, 2);
      const devices = createMemoryReferenceMap({ ...shape, name: "d", type: "devmap", key: u32 });
      devices.set(0, { ifindex: 3 });
      const ring = createMemoryRingBuffer({ ...shape, name: "r", type: "ringbuf", maxEntries: 4096, event: u32 });
      ring.push(7);
      const [event] = await Array.fromAsync(take(ringBufferEvents(ring, { onError: console.error, keepAlive: true })));
      async function* take(events) { for await (const each of events) { yield each; break; } }
      object.setVariable(object.findVariable("burst"), 3);
      writeFileSync(${JSON.stringify(join(found, "told"))}, JSON.stringify({
        maps: object.maps.map(({ name }) => name).toSorted(),
        programs: object.programs.length,
        variables: object.variables.map(({ name }) => name).toSorted(),
        type: formatType(types, sample),
        layout: layoutOf(types, sample).size,
        value: map.get(1), device: devices.get(0).ifindex, event,
      }));
    `;
    expect(inChild(script, ...unprivileged)).toEqual({ error: undefined, stderr: "" });
    expect(JSON.parse(readFileSync(join(found, "told"), "utf8"))).toEqual({
      maps: ["counters", "events", "samples"],
      programs: 6,
      variables: ["burst", "drop", "mark_with"],
      type: "struct sample {\n\t__u32 length;\n\t__u32 mark;\n};",
      layout: 8,
      value: 2,
      device: 3,
      event: 7,
    });
  });
});

describe("without the kernel's type information", () => {
  it("an object that needs it says where it was looked for", () => {
    const script = `await (await openObject(${JSON.stringify(join(folder, "core.bpf.o"))})).load();`;
    const hidden = 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"';
    const { error } = inChild(script, "unshare", "--mount", "sh", "-c", hidden);
    expect(error).toMatchObject({
      code: "no-kernel-btf",
      reason: expect.stringContaining("/sys/kernel/btf/vmlinux"),
      hint: expect.stringContaining("btfPath"),
    });
  });

  it("an object takes it from a file", async () => {
    await using object = await openObject(core, { btfPath: "/sys/kernel/btf/vmlinux" });
    using _loaded = await object.load();
    const missing = join(folder, "missing.btf");
    using other = await openObject(core, { btfPath: missing });
    await expect(other.load()).rejects.toMatchObject({
      code: "no-kernel-btf",
      reason: expect.stringContaining(missing),
    });
  });
});

describe("what is thrown", () => {
  it("is a BpfError", async () => {
    await expect(openObject(new Uint8Array())).rejects.toBeInstanceOf(BpfError);
  });
});
