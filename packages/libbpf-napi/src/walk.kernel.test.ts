import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { attachTcx } from "./attach-tcx.ts";
import { formatType, sizeOf } from "./btf/index.ts";
import { createMap } from "./kernel-map.ts";
import { openLinkById } from "./link.ts";
import { enableProgramStats } from "./program-stats.ts";
import { counterScene } from "./testing/counter-scene.ts";
import { requireFeature } from "./testing/feature.ts";
import { compileToLoad } from "./testing/fixture.ts";
import { thrown } from "./testing/thrown.ts";
import { btfs, links, maps, openMapHandleById, programs, readBtf } from "./walk.ts";

const scene = counterScene();
const { counter } = scene;
const traced = compileToLoad("tracing");

/** Whether each number is greater than the one before. */
function ascends(ids: readonly number[]): boolean {
  return ids.every((id, index) => id > (ids[index - 1] ?? 0));
}

describe("walking by id", () => {
  it("finds programs, with what the kernel says of them", () => {
    const program = scene.object.program("observe").info();
    const found = programs().toArray();
    expect(found).toContainEqual(program);
    expect(ascends(found.map(({ id }) => id))).toBe(true);
  });

  it("finds maps, and no longer those that are gone", async () => {
    const map = await createMap(counter.samples);
    const info = map.info();
    expect(maps().toArray()).toContainEqual(info);
    map.close();
    expect(maps().some(({ id }) => id === info.id)).toBe(false);
  });

  it("opens a map by its id", async () => {
    using map = await createMap(counter.samples);
    const info = map.info();
    using adopted = openMapHandleById(info.id);
    map.close();
    expect(adopted.info()).toEqual(info);
    adopted.close();
    expect(thrown(() => openMapHandleById(info.id))).toMatchObject({
      code: "no-such-map",
      subject: `of id ${String(info.id)}`,
    });
  });

  it("finds links and opens them by their ids", async (context) => {
    await requireFeature(context, "tcx");
    const { left: ifindex, path: netns } = scene.namespace;
    await using link = await attachTcx(scene.object.program("observe"), {
      ifindex,
      netns,
      hook: "egress",
    });
    const info = link.info();
    expect(links().find(({ id }) => id === info.id)).toEqual(info);
    await using adopted = openLinkById(info.id);
    await link.close();
    expect(adopted.info()).toEqual(info);
    await adopted.update(scene.object.program("pass"));
    await adopted.close();
    expect(links().some(({ id }) => id === info.id)).toBe(false);
    expect(thrown(() => openLinkById(info.id))).toMatchObject({
      code: "no-such-link",
      subject: `of id ${String(info.id)}`,
      errno: "ENOENT",
    });
  });

  it("leaves out a link that is still being made", async () => {
    using tracing = await traced.load("on_switch");
    // Without care for it, every other one sees a link that has no id of its own yet.
    for (let round = 0; round < 15; round++) {
      const made = new AbortController();
      const attached = tracing.attach("on_switch").finally(() => made.abort());
      while (!made.signal.aborted) {
        expect(ascends(Array.from(links(), ({ id }) => id))).toBe(true);
        await setImmediate();
      }
      await using link = await attached;
      expect(links().some(({ id }) => id === link.info().id)).toBe(true);
    }
  });

  it("finds the kernel's type information and that of programs", () => {
    const found = btfs().toArray();
    expect(found.find(({ name }) => name === "vmlinux")).toMatchObject({ kernel: true });
    expect(found.some(({ kernel, size }) => !kernel && size > 0)).toBe(true);
  });

  it("reads the type information of programs, maps and the kernel", async (context) => {
    const program = readBtf(scene.object.program("observe").info().btfId ?? 0);
    expect(formatType(program, program.find("function", "observe")?.id ?? 0)).toBe(
      "int observe(struct __sk_buff *skb);",
    );
    const map = readBtf(scene.object.map(counter.samples).info().btfId ?? 0);
    expect(formatType(map, map.find("struct", "sample")?.id ?? 0)).toBe(
      "struct sample {\n\t__u32 length;\n\t__u32 mark;\n};",
    );
    expect(thrown(() => readBtf(0x7fff_ffff))).toMatchObject({ code: "no-such-btf" });
    await requireFeature(context, "kernel-btf");
    const kernel = btfs()
      .filter((each) => each.kernel)
      .toArray();
    const vmlinux = readBtf(kernel.find(({ name }) => name === "vmlinux")?.id ?? 0);
    expect(sizeOf(vmlinux, vmlinux.find("struct", "list_head")?.id ?? 0)).toBe(16);
    // A module's types come after the kernel's, and refer to them.
    for (const { id } of kernel.filter(({ name }) => name !== "vmlinux")) {
      const types = readBtf(id);
      expect(types.count).toBeGreaterThan(vmlinux.count);
      for (let type = 0; type < 1000; type++) expect(types.type(type)).toEqual(vmlinux.type(type));
      for (let type = vmlinux.count; type < types.count; type++) formatType(types, type);
    }
  });

  it("can be left in the middle", () => {
    expect(programs().take(1).toArray().length).toBe(1);
  });
});

describe("the counting of run times", () => {
  it("goes on while its handle is open", async () => {
    const program = scene.object.program("pass");
    const data = new Uint8Array(64);
    {
      using stats = enableProgramStats();
      expect(stats.closed).toBe(false);
      await program.testRun({ data, repeat: 3 });
    }
    // Another process may have it counted, too: that the counting ends cannot be tested.
    expect(program.info()).toMatchObject({ runCount: 3n, runTime: expect.any(BigInt) });
  });
});
