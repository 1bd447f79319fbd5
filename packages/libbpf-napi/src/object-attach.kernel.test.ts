import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openPinnedLink } from "./link.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { perfEventInfo, requireFeature, requireKernel } from "./testing/feature.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { thrown } from "./testing/thrown.ts";
import { compileWatchedProcess, type WatchedProcess } from "./testing/watched-process.ts";
import { links } from "./walk.ts";

const tracing = compileToLoad("tracing");
const usdt = compileToLoad("usdt");
const congestion = compileToLoad("congestion");

let watched: WatchedProcess;

beforeAll(() => {
  watched = compileWatchedProcess();
});

afterAll(() => watched[Symbol.dispose]());

function has(id: number): boolean {
  return links().some((link) => link.id === id);
}

describe("attaching by section", () => {
  it.for([
    { name: "on_switch", runs: 0 },
    { name: "on_typed_switch", runs: 2 },
  ])("runs $name at a tracepoint, until the link is closed", async ({ name, runs }) => {
    await using object = await tracing.load(name);
    const link = await object.attach(name);
    const programId = object.program(name).info().id;
    const id = expect.any(Number);
    expect(link.info()).toEqual({ type: "raw_tracepoint", id, programId, name: "sched_switch" });
    await vi.waitFor(() => expect(runsOf(object, runs)).toBeGreaterThan(0n));
    const { id: linkId } = link.info();
    await link.close();
    await link.close();
    expect(link.closed).toBe(true);
    expect(has(linkId)).toBe(false);
    expect(thrown(() => link.info())).toMatchObject({ code: "handle-closed" });
  });

  it("leaves the link when the object is closed, and the other way round", async () => {
    const object = await tracing.load("on_switch");
    const first = await object.attach("on_switch");
    await first.close();
    await using second = await object.attach("on_switch");
    object.close();
    expect(has(second.info().id)).toBe(true);
    await expect(object.attach("on_switch")).rejects.toMatchObject({ code: "handle-closed" });
  });

  it("ends well when the object is closed meanwhile", async () => {
    const object = await tracing.load("on_switch");
    const attaching = object.attach("on_switch");
    object.close();
    await using link = await attaching;
    expect(has(link.info().id)).toBe(true);
  });

  it("pins the link, which then outlives all", async () => {
    using pins = createBpffsFolder();
    const object = await tracing.load("on_switch");
    const link = await object.attach("on_switch");
    const { id } = link.info();
    link.pin(pins.path("switch"));
    await link.close();
    object.close();
    expect(has(id)).toBe(true);
    await using adopted = openPinnedLink(pins.path("switch"));
    expect(adopted.info()).toMatchObject({ type: "raw_tracepoint", id });
  });

  it("says that a tracing link is detached by closing it", async () => {
    await using object = await tracing.load("on_switch");
    await using link = await object.attach("on_switch");
    await expect(link.detach()).rejects.toMatchObject({
      code: "unsupported-feature",
      hint: "unpin it, and close every handle of it",
    });
  });

  it("is refused for a program that is not there, or whose section does not say to what", async () => {
    await using object = await tracing.load("ask");
    await expect(object.attach("on_switch")).rejects.toMatchObject({
      code: "no-such-member",
      reason: "it loaded no such program, but ask",
    });
    await expect(object.attach("ask")).rejects.toMatchObject({
      code: "invalid-argument",
      subject: "section tc",
      hint: expect.stringContaining("attachTcx"),
    });
  });
});

describe("attaching to a raw tracepoint", () => {
  it("is by name", async () => {
    await using object = await tracing.load("on_raw");
    const target = { kind: "raw-tracepoint", name: "sched_switch" } as const;
    await using link = await object.attach("on_raw", target);
    expect(link.info()).toMatchObject({ type: "raw_tracepoint", name: "sched_switch" });
    await expect(object.attach("on_raw", { ...target, name: "absent" })).rejects.toMatchObject({
      code: "invalid-argument",
      subject: "tracepoint absent",
    });
  });
});

describe("attaching to functions of processes", () => {
  it("runs at one of them, with a cookie", async (context) => {
    await requireFeature(context, "uprobe");
    await using object = await tracing.load("on_user");
    const { file } = watched;
    const target = { kind: "uprobe", file, function: "watched_one", cookie: 42n } as const;
    const link = await object.attach("on_user", target);
    expect(link.info()).toMatchObject(perfEventInfo({ event: "uprobe", name: file }));
    watched.run();
    expect([runsOf(object, 9), runsOf(object, 10)]).toEqual([1n, 1n]);
    await link.close();
    watched.run();
    expect(runsOf(object, 9)).toBe(1n);
  });

  it("runs when one of them returns, in one process only", async (context) => {
    await requireFeature(context, "uprobe");
    await using object = await tracing.load("on_user");
    const { file } = watched;
    const target = { kind: "uprobe", file, function: "watched_two", atReturn: true } as const;
    const mine = await object.attach("on_user", { ...target, process: process.pid });
    watched.run();
    expect(runsOf(object, 9)).toBe(0n);
    // Some kernels (6.12) call every consumer of a function's return, once there is one for the process.
    await mine.close();
    await using link = await object.attach("on_user", target);
    expect(link.info()).toMatchObject(perfEventInfo({ event: "uretprobe" }));
    watched.run();
    expect(runsOf(object, 9)).toBe(1n);
  });

  it.for([
    { functions: "watched_*", count: 2 },
    { functions: ["watched_two"], count: 1 },
  ])("runs at those that $functions names", async ({ functions, count }, context) => {
    await requireFeature(context, "uprobe-multi");
    await using object = await tracing.load("on_many_user");
    const target = { kind: "uprobes", file: watched.file, functions } as const;
    await using link = await object.attach("on_many_user", target);
    expect(link.info()).toMatchObject({ type: "uprobe_multi", functions: count });
    watched.run();
    expect(runsOf(object, 11)).toBe(BigInt(count));
  });

  it("runs with a cookie for each of many", async (context) => {
    await requireFeature(context, "uprobe-multi");
    await using object = await tracing.load("on_many_user");
    const functions = ["watched_one", "watched_two"];
    const target = { kind: "uprobes", file: watched.file, functions } as const;
    await using _link = await object.attach("on_many_user", { ...target, cookies: [7n, 42n] });
    watched.run();
    expect([runsOf(object, 11), runsOf(object, 12)]).toEqual([2n, 1n]);
    await expect(object.attach("on_many_user", { ...target, cookies: [7n] })).rejects.toMatchObject(
      {
        code: "invalid-argument",
        reason: "1 cookies were given for 2 names",
      },
    );
    await expect(
      object.attach("on_many_user", { ...target, functions: "watched_*", cookies: [7n, 42n] }),
    ).rejects.toMatchObject({ reason: "2 cookies were given for a pattern" });
  });

  it("runs at a static tracepoint, of which there is no single link", async (context) => {
    await requireFeature(context, "uprobe");
    const object = await usdt.load("on_tick");
    const { file } = watched;
    const target = { kind: "usdt", file, provider: "hdt", name: "tick", cookie: 42n } as const;
    const link = await object.attach("on_tick", target);
    watched.run();
    expect([runsOf(object, 0), runsOf(object, 1)]).toEqual([1n, 1n]);
    expect(thrown(() => link.info())).toMatchObject({ code: "unsupported-feature" });
    object.close();
    await link.close();
  });

  it("is refused for what is not there", async (context) => {
    await requireFeature(context, "uprobe");
    await using object = await tracing.load("on_user");
    const { file } = watched;
    const target = { kind: "uprobe", file, function: "absent" } as const;
    await expect(object.attach("on_user", target)).rejects.toMatchObject({
      code: "invalid-argument",
      subject: `${file} absent`,
    });
    await expect(object.attach("on_user", { ...target, file: "/absent" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("attaching to a clock", () => {
  it("runs many times a second", async () => {
    await using object = await tracing.load("on_clock");
    const target = { kind: "perf-event", event: "cpu-clock", cpu: 0, frequency: 1000 } as const;
    await using link = await object.attach("on_clock", target);
    expect(link.info()).toMatchObject(perfEventInfo({ event: "event" }));
    await vi.waitFor(() => expect(runsOf(object, 14)).toBeGreaterThan(0n));
  });

  it("is refused for a CPU that is not there", async () => {
    await using object = await tracing.load("on_clock");
    const target = { kind: "perf-event", event: "cpu-clock", cpu: 100_000 } as const;
    await expect(object.attach("on_clock", target)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("attaching struct_ops", () => {
  it("gives the kernel a congestion control, until the link is closed", async (context) => {
    requireKernel(context, "links of struct_ops", "6.4");
    await using object = await congestion.load("threshold", "avoid", "undo");
    const link = await object.attachStructOps("hdt_steady");
    expect(link.info()).toMatchObject({ type: "struct_ops", mapId: expect.any(Number) });
    const available = "/proc/sys/net/ipv4/tcp_available_congestion_control";
    expect(readFileSync(available, "utf8")).toContain("hdt_steady");
    await link.close();
    await vi.waitFor(() => expect(readFileSync(available, "utf8")).not.toContain("hdt_steady"));
  });

  it("is refused for a map that is none", async () => {
    await using object = await tracing.load("on_switch");
    await expect(object.attachStructOps("runs")).rejects.toMatchObject({ code: "no-such-member" });
  });
});
