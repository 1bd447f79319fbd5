import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachCgroup, queryCgroup } from "./attach-cgroup.ts";
import { cgroupAttachTypes, keyOf } from "./kernel-names.ts";
import type { LoadedObject } from "./object-types.ts";
import { probe } from "./probe.ts";
import { createTestCgroup, type TestCgroup } from "./testing/cgroup.ts";
import { requireFeature, requireKernel, requireLack } from "./testing/feature.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";

const fixture = compileToLoad("cgroups");
const connects = ["connect4", "other_connect4", "third_connect4"] as const;

const hooks = Object.values(cgroupAttachTypes).flatMap((type) => {
  const hook = keyOf(cgroupAttachTypes, type);
  return hook === undefined ? [] : [{ hook }];
});

let cgroup: TestCgroup;

beforeEach(() => {
  cgroup = createTestCgroup();
});

afterEach(() => cgroup[Symbol.dispose]());

function connect(): void {
  cgroup.run("exec 3<>/dev/tcp/127.0.0.1/9");
}

/** Attaches one of the programs of connect4. */
async function at(
  object: LoadedObject,
  name: (typeof connects)[number],
  options: Partial<Parameters<typeof attachCgroup>[1]> = {},
) {
  const { path } = cgroup;
  return await attachCgroup(object.program(name), { path, type: "connect4", ...options });
}

async function order(): Promise<readonly number[]> {
  return (await queryCgroup(cgroup.path, "connect4")).programIds;
}

describe("a cgroup link", () => {
  it.for(hooks)("attaches at hook $hook", async ({ hook }, context) => {
    if (hook === "lsm") await requireFeature(context, "lsm");
    if (hook.endsWith("_unix")) requireKernel(context, "hooks of Unix sockets", "6.7");
    await using object = await fixture.load(hook);
    const program = object.program(hook);
    const { path } = cgroup;
    await using link = await attachCgroup(program, { path, type: hook });
    expect(link.info()).toMatchObject({ type: "cgroup", hook, programId: program.info().id });
    const { programIds } = await queryCgroup(path, hook);
    expect(programIds).toEqual([program.info().id]);
    await link.detach();
    expect((await queryCgroup(path, hook)).programIds).toEqual([]);
  });

  it("runs for what happens in the cgroup, until it is closed", async () => {
    await using object = await fixture.load("connect4");
    const link = await at(object, "connect4");
    connect();
    expect(runsOf(object, 0)).toBe(1n);
    await link.close();
    connect();
    expect(runsOf(object, 0)).toBe(1n);
  });
});

describe("the order of programs at a cgroup", () => {
  it("is by first, last, before and after", async (context) => {
    await requireFeature(context, "cgroup-order");
    await using object = await fixture.load(...connects);
    const [a = 0, b = 0, c = 0] = connects.map((name) => object.program(name).info().id);
    await using first = await at(object, "connect4");
    {
      await using _second = await at(object, "other_connect4", { position: "first" });
      expect(await order()).toEqual([b, a]);
      await using _third = await at(object, "third_connect4", { position: { before: first } });
      expect(await order()).toEqual([b, c, a]);
    }
    await using _second = await at(object, "other_connect4", { position: "last" });
    await using _third = await at(object, "third_connect4", {
      position: { after: first },
    });
    expect(await order()).toEqual([a, c, b]);
    connect();
    expect([0, 1, 2].map((number) => runsOf(object, number))).toEqual([1n, 1n, 1n]);
  });

  it("is refused for a stale revision, and beside what is not there", async (context) => {
    await requireFeature(context, "cgroup-order");
    await using object = await fixture.load(...connects);
    const { revision = 0n } = await queryCgroup(cgroup.path, "connect4");
    await using _link = await at(object, "connect4", { expectedRevision: revision });
    await expect(
      at(object, "other_connect4", { expectedRevision: revision }),
    ).rejects.toMatchObject({
      code: "stale-revision",
      reason: `the hook no longer has revision ${String(revision)}`,
    });
    await using elsewhere = await at(object, "third_connect4", { type: "connect4" });
    await elsewhere.detach();
    const position = { before: elsewhere };
    await expect(at(object, "other_connect4", { position })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect((await order()).length).toBe(1);
  });

  it("needs a kernel that keeps it", async (context) => {
    await requireLack(context, "cgroup-order");
    await using object = await fixture.load("connect4");
    await expect(at(object, "connect4", { position: "first" })).rejects.toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "6.17",
    });
  });
});

describe("querying a cgroup", () => {
  it("tells what runs there, inherited programs included on request", async () => {
    await using object = await fixture.load("connect4", "other_connect4");
    await using _outer = await at(object, "connect4");
    using inner = cgroup.child();
    const other = object.program("other_connect4");
    await using _inner = await attachCgroup(other, { path: inner.path, type: "connect4" });
    const [a, b] = [object.program("connect4").info().id, other.info().id];
    expect((await queryCgroup(inner.path, "connect4")).programIds).toEqual([b]);
    const all = await queryCgroup(inner.path, "connect4", { inherited: true });
    expect(all.programIds).toEqual([b, a]);
  });

  it("tells the revision where the kernel keeps one", async () => {
    const { supported } = await probe("cgroup-order");
    const { revision } = await queryCgroup(cgroup.path, "connect4");
    expect(typeof revision).toBe(supported ? "bigint" : "undefined");
  });

  it("is refused for what is no cgroup", async () => {
    await expect(queryCgroup("/tmp", "connect4")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "the folder is no cgroup of version 2",
    });
  });
});
