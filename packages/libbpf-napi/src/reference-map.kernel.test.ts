import { closeSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { u32, u64 } from "./codecs.ts";
import { createMap, possibleCpus } from "./kernel-map.ts";
import { referenceContract, type ReferenceFixture } from "./map-contract.ts";
import { openObject } from "./object.ts";
import type { LoadedObject } from "./object-types.ts";
import { openPinnedReferenceMap } from "./pinned-map.ts";
import { openMapById } from "./raw-map.ts";
import { createReferenceMap } from "./reference-map.ts";
import type { ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";
import type { MapSpec } from "./spec.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { cgroup2Root } from "./testing/cgroup-root.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { listen } from "./testing/listening-socket.ts";
import { thrown } from "./testing/thrown.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

function tracked<H extends AsyncDisposable>(handle: H): H {
  open.push(handle);
  return handle;
}

let references: Uint8Array;

beforeAll(() => {
  references = compileFixture("references");
});

async function load(): Promise<LoadedObject> {
  using file = await openObject(references, { name: "references" });
  return await file.load();
}

function specOf<T extends ReferenceMapType>(
  type: T,
  name: string,
  maxEntries = 4,
): ReferenceMapSpec<number, T> {
  return { name, type, maxEntries, flags: 0, key: u32 };
}

const inner: MapSpec<number, bigint> = {
  name: "inner",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: u64,
  layout: "",
};

const packet = new Uint8Array(64);

/** Runs the contract of one type, each case with a map and targets that `sample` makes. */
function meets<T extends ReferenceMapType>(
  type: T,
  sample: (spec: ReferenceMapSpec<number, T>) => Promise<ReferenceFixture<T>>,
): void {
  it.each(referenceContract(type))("$name", async ({ run }) => {
    await expect(run(sample)).resolves.toBeUndefined();
  });
}

/** The kernel's name of a socket, by another map. */
async function cookieOf(fd: number): Promise<bigint> {
  using map = await createReferenceMap(specOf("sockhash", "cookies"));
  map.set(0, fd);
  return map.get(0) ?? 0n;
}

/** What is not a program, a map or a socket; it is open as long as the process is. */
const nothing = openSync("/dev/null", "r");

/** Sockets, and the cookies by which a map tells them. */
async function sockets<T extends "sockmap" | "sockhash">(
  spec: ReferenceMapSpec<number, T>,
): Promise<ReferenceFixture<T>> {
  const [one, two] = [tracked(await listen()), tracked(await listen())];
  const map = tracked(await createReferenceMap(spec));
  const found = [await cookieOf(one.fd), await cookieOf(two.fd)];
  expect(found[0]).not.toBe(found[1]);
  return { map, targets: [one.fd, two.fd], found, refused: nothing };
}
/** Maps like one that they were made for, by handle and by id. */
async function maps<T extends "array_of_maps" | "hash_of_maps">(
  spec: ReferenceMapSpec<number, T>,
): Promise<ReferenceFixture<T>> {
  const [one, two] = [tracked(await createMap(inner)), tracked(await createMap(inner))];
  const found = [one.info().id, two.info().id];
  const refused = tracked(await createMap({ ...inner, value: u32 }));
  const map = tracked(await createReferenceMap(spec, one));
  return { map, targets: [one, two.info().id], found, refused };
}

describe("in the kernel", () => {
  const loopback = interfaceIndex(1);

  meets("prog_array", async (spec) => {
    const object = tracked(await load());
    const targets = [object.program("tail"), object.program("jump").info().id] as const;
    const found = [targets[0].info().id, targets[1]];
    const refused = object.program("before_sending");
    // An array takes programs of the type that came first.
    const map = tracked(await createReferenceMap(spec));
    map.set(0, targets[0]);
    map.delete(0);
    return { map, targets, found, refused };
  });

  meets("array_of_maps", maps);
  meets("hash_of_maps", maps);

  const devices = async <T extends "devmap" | "devmap_hash">(
    spec: ReferenceMapSpec<number, T>,
  ): Promise<ReferenceFixture<T>> => {
    const object = tracked(await load());
    const { id } = object.program("before_sending").info();
    return {
      map: tracked(await createReferenceMap(spec)),
      targets: [{ ifindex: loopback }, { ifindex: loopback, program: id }],
      found: [
        { ifindex: loopback, programId: undefined },
        { ifindex: loopback, programId: id },
      ],
      refused: { ifindex: interfaceIndex(0x7fff_ffff) },
    };
  };
  meets("devmap", devices);
  meets("devmap_hash", devices);

  meets("cpumap", async (spec) => {
    const found = [8, 16].map((queueSize) => ({ queueSize, programId: undefined }));
    const refused = { queueSize: 1 << 20 };
    const map = tracked(await createReferenceMap(spec));
    return Promise.resolve({ map, targets: [{ queueSize: 8 }, { queueSize: 16 }], found, refused });
  });

  meets("sockmap", sockets);
  meets("sockhash", sockets);

  meets("cgroup_array", async (spec) => {
    const root = openSync(cgroup2Root(), "r");
    open.push({ [Symbol.asyncDispose]: () => Promise.resolve(closeSync(root)) });
    const map = tracked(await createReferenceMap(spec));
    return Promise.resolve({ map, targets: [root, root], found: [], refused: nothing });
  });
});

describe("an array of programs", () => {
  it("is set by handle and by id, and jumps there", async () => {
    using object = await load();
    const tails = object.referenceMap(specOf("prog_array", "tails"));
    const [jump, tail] = [object.program("jump"), object.program("tail")];
    const run = async () =>
      (await jump.testRun({ data: packet, context: { mark: 1 } })).returnValue;
    expect(await run()).toBe(7);
    tails.set(1, tail);
    expect(await run()).toBe(42);
    expect(tails.get(1)).toBe(tail.info().id);
    tails.set(2, tail.info().id);
    expect(await Array.fromAsync(tails.entries())).toEqual([
      [1, tail.info().id],
      [2, tail.info().id],
    ]);
    expect([tails.delete(1), tails.delete(1), tails.get(1)]).toEqual([true, false, undefined]);
    expect(await run()).toBe(7);
  });

  it("refuses a program of another type, one that is not there, and a key beyond it", async () => {
    using object = await load();
    const tails = object.referenceMap(specOf("prog_array", "tails"));
    const other = object.program("before_sending");
    expect(thrown(() => tails.set(1, other))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("of one type only"),
    });
    expect(thrown(() => tails.set(1, 0x7fff_ffff))).toMatchObject({ code: "invalid-argument" });
    expect(thrown(() => tails.set(4, object.program("tail")))).toMatchObject({
      code: "key-out-of-range",
    });
  });
});

describe("a map of maps", () => {
  it("of an object takes maps like those that it was made for", async () => {
    using object = await load();
    const tenants = object.referenceMap(specOf("hash_of_maps", "tenants"));
    using tenant = await createMap(inner);
    tenants.set(5, tenant);
    const run = await object.program("count").testRun({ data: packet, context: { mark: 5 } });
    expect([run.returnValue, tenant.get(0)]).toEqual([1, 1n]);
    using other = await createMap({ ...inner, value: u32 });
    expect(thrown(() => tenants.set(6, other))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("like the one that it was made with"),
    });
  });

  it.each(["array_of_maps", "hash_of_maps"] as const)("of type %s holds maps", async (type) => {
    using template = await createMap(inner);
    using map = await createReferenceMap(specOf(type, "maps"), template);
    using one = await createMap(inner);
    map.set(1, one);
    map.set(2, one.info().id);
    one.set(0, 9n);
    const id = map.get(2);
    expect(id).toBe(one.info().id);
    using again = openMapById(id ?? 0, inner);
    expect(again.get(0)).toBe(9n);
    const entries = await Array.fromAsync(map.entries());
    expect(entries.map(([key]) => key).toSorted((left, right) => left - right)).toEqual([1, 2]);
    expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
  });

  it("is made with a map that those in it will be like, and only it", async () => {
    using template = await createMap(inner);
    const attempts = [
      () => createReferenceMap(specOf("hash_of_maps", "maps")),
      () => createReferenceMap(specOf("devmap", "devices"), template),
    ];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: "invalid-argument",
        operation: "create",
      });
    }
  });

  it("is opened by its pin", async () => {
    using pins = createBpffsFolder();
    using template = await createMap(inner);
    using map = await createReferenceMap(specOf("hash_of_maps", "maps"), template);
    map.set(1, template);
    map.pin(pins.path("maps"));
    using again = openPinnedReferenceMap(pins.path("maps"), specOf("hash_of_maps", "maps"));
    expect(again.get(1)).toBe(template.info().id);
  });
});

describe("maps to redirect to", () => {
  const loopback = interfaceIndex(1);

  it.each(["devmap", "devmap_hash"] as const)("%s holds devices", async (type) => {
    using map = await createReferenceMap(specOf(type, "devices"));
    map.set(1, { ifindex: loopback });
    expect(map.get(1)).toEqual({ ifindex: loopback, programId: undefined });
    const gone = interfaceIndex(0x7fff_ffff);
    expect(thrown(() => map.set(2, { ifindex: gone }))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("no such device"),
    });
    expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
  });

  it("hold devices with programs, where there is room for them", async () => {
    using object = await load();
    const devices = object.referenceMap(specOf("devmap", "devices"));
    const program = object.program("before_sending");
    devices.set(0, { ifindex: loopback, program });
    expect(devices.get(0)).toEqual({ ifindex: loopback, programId: program.info().id });
    using small = await createReferenceMap({ ...specOf("devmap", "small"), valueSize: 4 });
    small.set(0, { ifindex: loopback });
    expect(small.get(0)).toEqual({ ifindex: loopback, programId: undefined });
    expect(thrown(() => small.set(0, { ifindex: loopback, program }))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("no room"),
    });
  });

  it("say which modes they do not take, and where they end", async () => {
    using object = await load();
    using tails = await createReferenceMap(specOf("prog_array", "tails"));
    const attempt = () => tails.set(0, object.program("tail"), { mode: "create" });
    expect(thrown(attempt)).toMatchObject({
      reason: "entries of a map of type prog_array are only set whether or not they are there",
      hint: "leave out the mode create",
    });
    expect(thrown(() => tails.delete(4))).toMatchObject({ reason: "it has the keys 0 to 3" });
    using cpus = await createReferenceMap(specOf("cpumap", "cpus"));
    expect(thrown(() => cpus.set(0, { queueSize: 0 }))).toMatchObject({
      reason: "a CPU's queue has room for 1 to 16384 packets, not 0",
    });
    const count = possibleCpus();
    using many = await createReferenceMap(specOf("cpumap", "cpus", count + 1));
    expect(thrown(() => many.set(count, { queueSize: 1 }))).toMatchObject({
      code: "invalid-argument",
      reason: "this machine has no such CPU",
    });
  });

  it("hold CPUs", async () => {
    using cpus = await createReferenceMap(specOf("cpumap", "cpus", 1));
    cpus.set(0, { queueSize: 64 });
    expect(cpus.get(0)).toEqual({ queueSize: 64, programId: undefined });
    expect(cpus.delete(0)).toBe(true);
  });
});

describe("maps of descriptors", () => {
  it.each(["sockmap", "sockhash"] as const)("%s holds sockets", async (type) => {
    await using socket = await listen();
    using map = tracked(await createReferenceMap(specOf(type, "sockets")));
    map.set(1, socket.fd);
    expect(map.get(1)).toBeTypeOf("bigint");
    expect(await Array.fromAsync(map.entries())).toEqual([[1, map.get(1)]]);
    expect([map.delete(1), map.get(1)]).toEqual([true, undefined]);
  });

  it("of sockets with short values do not tell them", async () => {
    await using socket = await listen();
    using map = await createReferenceMap({ ...specOf("sockmap", "sockets"), valueSize: 4 });
    map.set(1, socket.fd);
    expect(thrown(() => map.get(1))).toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("less than 8 bytes"),
    });
    expect(map.delete(1)).toBe(true);
  });

  it("of cgroups take folders of their file system, and tell nothing", async () => {
    using map = await createReferenceMap(specOf("cgroup_array", "cgroups"));
    const folder = mkdtempSync(join(cgroup2Root(), "hdt-"));
    const fd = openSync(folder, "r");
    try {
      map.set(0, fd);
      expect(thrown(() => map.get(0))).toMatchObject({ code: "invalid-argument" });
      expect(map.delete(0)).toBe(true);
    } finally {
      closeSync(fd);
      rmdirSync(folder);
    }
  });

  it.each(["xskmap", "cgroup_array", "perf_event_array", "sockmap"] as const)(
    "of type %s refuse other descriptors",
    async (type) => {
      using map = await createReferenceMap(specOf(type, "others"));
      const fd = openSync("/dev/null", "r");
      try {
        expect(thrown(() => map.set(0, fd))).toMatchObject({
          code: "invalid-argument",
          reason: expect.stringContaining("descriptor"),
        });
      } finally {
        closeSync(fd);
      }
    },
  );
});
