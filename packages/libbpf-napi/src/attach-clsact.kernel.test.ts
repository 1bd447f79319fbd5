import { interfaceIndex } from "@heddle/contracts";
import { describe, expect, it, vi } from "vitest";
import { attachClsact, openClsact, queryClsact } from "./attach-clsact.ts";
import type { ClsactOptions } from "./attachment-types.ts";
import { counterScene } from "./testing/counter-scene.ts";

const scene = counterScene();
const { counter } = scene;

function at(options: Partial<ClsactOptions> = {}): ClsactOptions {
  return {
    ifindex: scene.namespace.left,
    netns: scene.namespace.path,
    hook: "ingress",
    ...options,
  };
}

function filters(): string {
  return scene.namespace.run("tc", "filter", "show", "dev", "left", "ingress");
}

describe("a clsact filter", () => {
  it("runs its program on packets, until it is closed", async () => {
    const program = scene.object.program("observe");
    const filter = await attachClsact(program, at());
    expect(await filter.info()).toEqual({
      type: "clsact",
      ifindex: scene.namespace.left,
      hook: "ingress",
      programId: program.info().id,
      priority: expect.any(Number),
      handle: expect.any(Number),
    });
    scene.namespace.run("ip", "address", "add", "192.0.2.1/24", "dev", "right");
    scene.namespace.run("bash", "-c", "echo > /dev/udp/192.0.2.2/9");
    const counters = scene.object.perCpuMap(counter.counters);
    await vi.waitFor(() => {
      expect(counters.fold(0, (sum, each) => sum + each, 0n)).toBeGreaterThan(0n);
    });
    await filter.close();
    await filter.close();
    expect(filter.closed).toBe(true);
    expect(filters()).toBe("");
    await expect(filter.info()).rejects.toMatchObject({ code: "handle-closed" });
  });

  it("is replaced, by its handle or its place", async () => {
    const [first, second] = [scene.object.program("pass"), scene.object.program("grow")];
    const place = at({ priority: 10, handle: 1 });
    await using filter = await attachClsact(first, place);
    await filter.update(second);
    expect(await filter.info()).toMatchObject({ programId: second.info().id, priority: 10 });
    await expect(attachClsact(first, place)).rejects.toMatchObject({
      code: "already-attached",
      reason: "a filter has priority 10 and handle 1",
    });
    await using _adopted = await attachClsact(first, { ...place, replace: true });
    expect(await filter.info()).toMatchObject({ programId: first.info().id, handle: 1 });
  });

  it("stands beside others, in the order of priorities", async () => {
    await using _late = await attachClsact(scene.object.program("pass"), at({ priority: 20 }));
    await using _early = await attachClsact(scene.object.program("grow"), at({ priority: 10 }));
    expect(
      [...filters().matchAll(/ (grow|pass)\b.* direct-action/g)].map(([, name]) => name),
    ).toEqual(["grow", "pass"]);
  });

  it("is found by its place, and by asking for all of them", async () => {
    const { ifindex } = at();
    const place = { ...at(), priority: 10, handle: 7, netns: scene.namespace.path };
    await expect(openClsact(place)).rejects.toMatchObject({ code: "target-gone" });
    expect(await queryClsact(ifindex, "ingress", { netns: scene.namespace.path })).toEqual([]);
    await attachClsact(scene.object.program("grow"), place);
    await attachClsact(scene.object.program("pass"), { ...place, priority: 20 });
    const classic = ["bpf", "bytecode", "1,6 0 0 0,"];
    scene.namespace.run("tc", "filter", "add", "dev", "left", "ingress", ...classic);
    const found = await queryClsact(ifindex, "ingress", { netns: scene.namespace.path });
    const expected = { type: "clsact", ifindex: scene.namespace.left, hook: "ingress", handle: 7 };
    const [grow, pass] = [
      scene.object.program("grow").info().id,
      scene.object.program("pass").info().id,
    ];
    expect(found).toEqual([
      { ...expected, programId: grow, priority: 10 },
      { ...expected, programId: pass, priority: 20 },
    ]);
    expect(await queryClsact(ifindex, "egress", { netns: scene.namespace.path })).toEqual([]);
    const adopted = await openClsact(place);
    await adopted.update(scene.object.program("pass"));
    expect(await adopted.info()).toMatchObject({ programId: pass });
    await adopted.close();
    await expect(openClsact(place)).rejects.toMatchObject({ code: "target-gone" });
  });

  it("says when it was removed by somebody else", async () => {
    await using filter = await attachClsact(scene.object.program("pass"), at());
    scene.namespace.run("tc", "qdisc", "delete", "dev", "left", "clsact");
    await expect(filter.info()).rejects.toMatchObject({ code: "target-gone" });
    await expect(filter.detach()).rejects.toMatchObject({ code: "target-gone" });
  });

  it("is refused for a missing device, and a program of another type", async () => {
    const ifindex = interfaceIndex(0x7fff_0000);
    const place = at({ ifindex });
    for (const attempt of [
      () => attachClsact(scene.object.program("pass"), place),
      () => openClsact({ ...place, priority: 1, handle: 1 }),
      () => queryClsact(ifindex, "ingress", { netns: scene.namespace.path }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "no-device" });
    }
    await expect(attachClsact(scene.object.program("xdp_pass"), at())).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
