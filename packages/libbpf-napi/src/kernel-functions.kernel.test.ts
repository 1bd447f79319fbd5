import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { perfEventInfo, requireFeature, requireLack } from "./testing/feature.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { compileWatchedProcess, type WatchedProcess } from "./testing/watched-process.ts";

const tracing = compileToLoad("tracing");

/** Something that calls functions of the kernel. */
let watched: WatchedProcess;

beforeAll(() => {
  watched = compileWatchedProcess();
});

afterAll(() => watched[Symbol.dispose]());

describe("attaching to functions of the kernel", () => {
  const one = { kind: "kprobe", function: "vfs_read" } as const;
  const many = { kind: "kprobes", functions: ["vfs_read", "vfs_write"] } as const;

  it("runs at one of them", async (context) => {
    await requireFeature(context, "kprobe");
    await using object = await tracing.load("on_function");
    await using link = await object.attach("on_function", one);
    expect(link.info()).toMatchObject(perfEventInfo({ event: "kprobe" }));
    watched.run();
    await vi.waitFor(() => expect(runsOf(object, 7)).toBeGreaterThan(0n));
  });

  it("needs a kernel with kprobes", async (context) => {
    await requireLack(context, "kprobe");
    await using object = await tracing.load("on_function");
    await expect(object.attach("on_function", one)).rejects.toMatchObject({
      code: "unsupported-feature",
      feature: "kprobes",
      sinceKernel: "4.17",
    });
  });

  it("runs at many of them", async (context) => {
    await requireFeature(context, "kprobe-multi");
    await using object = await tracing.load("on_functions");
    await using link = await object.attach("on_functions", many);
    expect(link.info()).toMatchObject({ type: "kprobe_multi" });
    watched.run();
    await vi.waitFor(() => expect(runsOf(object, 8)).toBeGreaterThan(0n));
  });

  it("needs a kernel with links to many", async (context) => {
    await requireLack(context, "kprobe-multi");
    await using object = await tracing.load("on_functions");
    await expect(object.attach("on_functions", many)).rejects.toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "5.18",
    });
  });

  it.for([
    { name: "on_entry", feature: "fentry" },
    { name: "on_open", feature: "lsm" },
  ] as const)("runs $name, loaded for one of them", async ({ name, feature }, context) => {
    await requireFeature(context, feature);
    await using object = await tracing.load(name);
    const link = await object.attach(name);
    expect(link.info()).toMatchObject({ type: "tracing" });
    // The kernel takes a program once at a function.
    await expect(object.attach(name)).rejects.toMatchObject({ errno: "EBUSY" });
    await link.close();
    const cookie = { kind: "tracing", cookie: 7n } as const;
    const again = await vi.waitFor(() => object.attach(name, cookie));
    expect(again.info()).toMatchObject({ type: "tracing" });
    await again.close();
  });

  it("runs at one that was chosen before loading", async (context) => {
    await requireFeature(context, "fentry");
    await using file = await tracing.open("on_chosen");
    await file.setAttachTarget("on_chosen", "bpf_fentry_test2");
    await using object = await file.load();
    await using link = await object.attach("on_chosen");
    expect(link.info()).toMatchObject({ type: "tracing" });
  });

  it.for([
    { name: "on_entry", feature: "fentry", sinceKernel: "5.5" },
    { name: "on_open", feature: "lsm", sinceKernel: "5.7" },
  ] as const)(
    "needs a kernel that loads $name",
    async ({ name, feature, sinceKernel }, context) => {
      await requireLack(context, feature);
      await expect(tracing.load(name)).rejects.toMatchObject({
        code: "unsupported-feature",
        sinceKernel,
        errno: "EPERM",
      });
    },
  );

  it("is chosen even when the object is closed meanwhile", async () => {
    const file = await tracing.open("on_chosen");
    const chosen = file.setAttachTarget("on_chosen", "vfs_read");
    file.close();
    await chosen;
    await expect(file.load()).rejects.toMatchObject({ code: "invalid-state" });
  });

  it("is refused for a function that is not there", async () => {
    using file = await tracing.open("on_chosen");
    await expect(file.setAttachTarget("on_chosen", "no_such_function")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "there is no function no_such_function",
    });
    await expect(file.setAttachTarget("absent", "vfs_read")).rejects.toMatchObject({
      code: "no-such-member",
    });
  });
});

describe("replacing a function of a program", () => {
  it("changes what the program decides", async (context) => {
    await requireFeature(context, "freplace");
    await using base = await tracing.load("ask");
    await using file = await tracing.open("drop");
    await file.setAttachTarget("drop", "decide", base.program("ask"));
    await using object = await file.load();
    const ask = async () =>
      (await base.program("ask").testRun({ data: new Uint8Array(64) })).returnValue;
    expect(await ask()).toBe(0);
    await using link = await object.attach("drop");
    expect(link.info()).toMatchObject({ type: "tracing", targetId: base.program("ask").info().id });
    expect(await ask()).toBe(2);
  });

  it("needs a kernel that has it", async (context) => {
    await requireLack(context, "freplace");
    await using base = await tracing.load("ask");
    await using file = await tracing.open("drop");
    await file.setAttachTarget("drop", "decide", base.program("ask"));
    await expect(file.load()).rejects.toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "5.10",
    });
  });

  it("is refused for a function that the program has not", async () => {
    await using base = await tracing.load("ask");
    using file = await tracing.open("drop");
    await expect(file.setAttachTarget("drop", "absent", base.program("ask"))).rejects.toMatchObject(
      { code: "invalid-argument" },
    );
  });
});
