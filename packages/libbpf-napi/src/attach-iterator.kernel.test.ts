import { statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachIterator, readIterator } from "./attach-iterator.ts";
import { attachTcx } from "./attach-tcx.ts";
import { u32, u64 } from "./codecs.ts";
import { createMap } from "./kernel-map.ts";
import { openPinnedLink } from "./link.ts";
import type { Link } from "./link-types.ts";
import type { LoadedObject } from "./object-types.ts";
import type { MapSpec } from "./spec.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { createTestCgroup } from "./testing/cgroup.ts";
import { requireFeature } from "./testing/feature.ts";
import { compileToLoad } from "./testing/fixture.ts";
import { createTestNamespace } from "./testing/namespace.ts";
import { thrown } from "./testing/thrown.ts";

const fixture = compileToLoad("iterators");
const entriesSpec: MapSpec<number, bigint> = {
  name: "entries",
  type: "hash",
  key: u32,
  value: u64,
  maxEntries: 4096,
  flags: 0,
  layout: "",
};

let object: LoadedObject;

beforeEach(async () => {
  object = await fixture.load("tasks", "elements", "cgroups", "no_iterator");
});

afterEach(() => object.close());

async function linesOf(link: Link): Promise<readonly string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of readIterator(link)) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  return text.split("\n").slice(0, -1);
}

describe("an iterator", () => {
  it("is read as a stream, as often as wanted", async () => {
    await using link = await attachIterator(object.program("tasks"));
    expect(link.info()).toEqual({
      type: "iter",
      id: expect.any(Number),
      programId: object.program("tasks").info().id,
      target: "task",
      mapId: undefined,
    });
    const self = new RegExp(`^${String(process.pid)} ${String(process.pid)} `);
    expect((await linesOf(link)).filter((line) => self.test(line)).length).toBe(1);
    expect((await linesOf(link)).length).toBeGreaterThan(1);
  });

  it("walks the tasks of one process, or one of them", async () => {
    const { pid } = process;
    await using all = await attachIterator(object.program("tasks"), { process: pid });
    const lines = await linesOf(all);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => !line.startsWith(`${String(pid)} `))).toEqual([]);
    await using one = await attachIterator(object.program("tasks"), { thread: pid });
    expect((await linesOf(one)).length).toBe(1);
  });

  it("walks a map that is larger than one read", async () => {
    using map = await createMap(entriesSpec);
    await map.setMany(Array.from({ length: 4000 }, (_, key) => [key, BigInt(key) ** 2n]));
    await using link = await attachIterator(object.program("elements"), { map });
    expect(link.info()).toMatchObject({ target: "bpf_map_elem", mapId: map.info().id });
    const lines = await linesOf(link);
    const squares = Array.from({ length: 4000 }, (_, key) => `${String(key)}=${String(key * key)}`);
    expect(lines.toSorted()).toEqual(squares.toSorted());
  });

  it("walks cgroups in the order that was chosen", async () => {
    using parent = createTestCgroup();
    using child = parent.child();
    const ids = [parent, child].map(({ path }) => String(statSync(path).ino));
    const walk = async (order: "self" | "parents-first" | "children-first") => {
      const target = { cgroup: parent.path, order };
      await using link = await attachIterator(object.program("cgroups"), target);
      return await linesOf(link);
    };
    expect(await walk("self")).toEqual(ids.slice(0, 1));
    expect(await walk("parents-first")).toEqual(ids);
    expect(await walk("children-first")).toEqual(ids.toReversed());
  });

  it("outlives its object when it is pinned", async () => {
    using pins = createBpffsFolder();
    const link = await attachIterator(object.program("tasks"));
    link.pin(pins.path("tasks"));
    await link.close();
    object.close();
    await using adopted = openPinnedLink(pins.path("tasks"));
    expect((await linesOf(adopted)).length).toBeGreaterThan(1);
  });

  it("is refused without its target, or for what does not walk it", async () => {
    await expect(attachIterator(object.program("elements"))).rejects.toMatchObject({
      code: "invalid-argument",
      subject: "all that it walks",
    });
    await expect(attachIterator(object.program("no_iterator"))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const absent = { cgroup: "/absent", order: "self" } as const;
    await expect(attachIterator(object.program("cgroups"), absent)).rejects.toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("ENOENT"),
    });
  });

  it("is not read from another kind of link", async (context) => {
    await requireFeature(context, "tcx");
    using namespace = createTestNamespace();
    const { left: ifindex, path: netns } = namespace;
    const program = object.program("no_iterator");
    await using link = await attachTcx(program, { ifindex, netns, hook: "ingress" });
    expect(thrown(() => readIterator(link))).toMatchObject({ code: "invalid-argument" });
  });
});
