import { interfaceIndex } from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attachCgroup } from "./attach-cgroup.ts";
import { attachTcx, queryTcx } from "./attach-tcx.ts";
import { attachXdp } from "./attach-xdp.ts";
import { openPinnedLink } from "./link.ts";
import type { TcxHook } from "./hook-types.ts";
import type { Link, XdpOptions } from "./link-types.ts";
import { loadObject } from "./load-object.ts";
import type { LoadedObject } from "./object-types.ts";
import type { Program } from "./program-types.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { createTestCgroup, type TestCgroup } from "./testing/cgroup.ts";
import { compileCounter } from "./testing/counter.ts";
import { requireFeature } from "./testing/feature.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";
import { thrown } from "./testing/thrown.ts";

const counter = compileCounter();

let object: LoadedObject;
let observe: Program;
let pass: Program;
let namespace: TestNamespace;

beforeEach(async () => {
  object = await loadObject(counter.object, counter.bytes);
  observe = object.program("observe");
  pass = object.program("pass");
  namespace = createTestNamespace();
});

afterEach(() => {
  namespace[Symbol.dispose]();
  object.close();
});

/** Attaches to the left device. */
function tcx(
  program: Program,
  options: Partial<Parameters<typeof attachTcx>[1]> = {},
): Promise<Link> {
  const { left: ifindex, path: netns } = namespace;
  return attachTcx(program, { ifindex, netns, hook: "ingress", ...options });
}

function device(): Pick<XdpOptions, "ifindex" | "netns"> {
  return { ifindex: namespace.left, netns: namespace.path };
}

async function order(hook: TcxHook = "ingress"): Promise<readonly number[]> {
  const { programs } = await queryTcx(namespace.left, hook, { netns: namespace.path });
  return programs.map(({ programId }) => programId);
}

describe("a tcx link", () => {
  beforeEach((context) => requireFeature(context, "tcx"));

  it("runs its program on a device's packets until it is closed", async () => {
    const link = await tcx(observe);
    expect(link.info()).toEqual({
      type: "tcx",
      id: link.info().id,
      programId: observe.info().id,
      ifindex: namespace.left,
      hook: "ingress",
    });
    // The first packet to an unknown neighbour is an ARP request.
    namespace.run("ip", "address", "add", "192.0.2.1/24", "dev", "right");
    namespace.run("bash", "-c", "echo > /dev/udp/192.0.2.2/9");
    const counters = object.perCpuMap(counter.counters);
    await vi.waitFor(() => {
      expect(counters.fold(0, (sum, each) => sum + each, 0n)).toBeGreaterThan(0n);
    });
    await link.close();
    await link.close();
    expect(link.closed).toBe(true);
    expect(await order()).toEqual([]);
  });

  it("takes its place among others", async () => {
    const extra = object.program("send_wrong_size");
    const [a, b, c] = [observe.info().id, pass.info().id, extra.info().id];
    await using first = await tcx(observe);
    expect(await order()).toEqual([a]);
    {
      await using _second = await tcx(pass);
      expect(await order()).toEqual([a, b]);
      await using _between = await tcx(extra, { position: { before: { programId: b } } });
      expect(await order()).toEqual([a, c, b]);
    }
    {
      await using _second = await tcx(pass, { position: "first" });
      expect(await order()).toEqual([b, a]);
      await using _between = await tcx(extra, { position: { before: first } });
      expect(await order()).toEqual([b, c, a]);
    }
    await using _after = await tcx(pass, { position: { after: first } });
    expect(await order()).toEqual([a, b]);
    expect(await order("egress")).toEqual([]);
  });

  it("tells which link runs which program, and the hook's revision", async () => {
    const { left, path: netns } = namespace;
    const before = await queryTcx(left, "egress", { netns });
    expect(before).toEqual({ revision: 1n, programs: [] });
    await using link = await tcx(observe, { hook: "egress", expectedRevision: before.revision });
    const after = await queryTcx(left, "egress", { netns });
    expect(after.revision).toBeGreaterThan(before.revision);
    const { programId, id: linkId } = link.info();
    expect(after.programs).toEqual([{ programId, linkId }]);
  });

  it("is refused when the hook changed meanwhile", async () => {
    await using _other = await tcx(observe);
    await expect(tcx(pass, { expectedRevision: 1n })).rejects.toMatchObject({
      code: "stale-revision",
      subject: `device ${String(namespace.left)} ingress`,
      reason: "the hook no longer has revision 1",
      errno: "ESTALE",
    });
    expect((await order()).length).toBe(1);
  });

  it("is refused for a program that is there, or beside one that is not", async () => {
    await using _link = await tcx(observe);
    await expect(tcx(observe)).rejects.toMatchObject({ code: "already-attached" });
    const position = { before: { programId: pass.info().id } };
    await expect(tcx(object.program("grow"), { position })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("is refused for a device or namespace that is not there, and a program of another type", async () => {
    const ifindex = interfaceIndex(0x7fff_0000);
    await expect(tcx(observe, { ifindex })).rejects.toMatchObject({
      code: "no-device",
      reason: `there is no device ${String(ifindex)} in ${namespace.path}`,
    });
    await expect(queryTcx(ifindex, "ingress")).rejects.toMatchObject({ code: "no-device" });
    await expect(tcx(observe, { netns: "/run/netns/hdt-absent" })).rejects.toMatchObject({
      errno: "ENOENT",
    });
    await expect(tcx(object.program("xdp_pass"))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("replaces its program at once, and only the expected one", async () => {
    await using link = await tcx(observe);
    await expect(link.update(pass, { expectedOld: pass })).rejects.toMatchObject({
      code: "stale-program",
      reason: `it runs program ${String(observe.info().id)}, not ${String(pass.info().id)} as expected`,
    });
    await link.update(pass, { expectedOld: observe });
    expect(await order()).toEqual([pass.info().id]);
    await link.update(observe);
    expect(link.info().programId).toBe(observe.info().id);
  });

  it("outlives its handle and its object when it is pinned", async () => {
    using pins = createBpffsFolder();
    const id = observe.info().id;
    const link = await tcx(observe);
    link.pin(pins.path("link"));
    await link.close();
    expect(await order()).toEqual([id]);
    await using adopted = openPinnedLink(pins.path("link"));
    expect(adopted.info()).toMatchObject({ type: "tcx", programId: id, hook: "ingress" });
    await adopted.update(pass);
    expect(await order()).toEqual([pass.info().id]);
    await adopted.detach();
    expect(await order()).toEqual([]);
  });

  it("says when its device is gone", async () => {
    await using link = await tcx(observe);
    namespace.run("ip", "link", "delete", "left");
    expect(link.info()).toMatchObject({ type: "tcx", ifindex: undefined });
    await expect(link.update(pass)).rejects.toMatchObject({
      code: "target-gone",
      errno: "ENOLINK",
      hint: expect.stringContaining("attach the program anew"),
    });
    await expect(tcx(pass)).rejects.toMatchObject({ code: "no-device" });
  });

  it("refuses all work once it is closed", async () => {
    const link = await tcx(observe);
    link[Symbol.dispose]();
    expect(thrown(() => link.info())).toMatchObject({ code: "handle-closed" });
    await expect(link.update(pass)).rejects.toMatchObject({ code: "handle-closed" });
    await expect(link.detach()).rejects.toMatchObject({ code: "handle-closed" });
    expect(thrown(() => link.pin("/sys/fs/bpf/hdt-x"))).toMatchObject({ code: "handle-closed" });
  });
});

describe("an XDP link", () => {
  it.each(["native", "generic", "auto"] as const)("attaches in mode %s", async (mode) => {
    const program = object.program("xdp_pass");
    await using link = await attachXdp(program, { ...device(), mode });
    expect(link.info()).toMatchObject({
      type: "xdp",
      ifindex: namespace.left,
      programId: program.info().id,
    });
    const expected = mode === "generic" ? "xdpgeneric" : "xdp";
    expect(namespace.run("ip", "-o", "link", "show", "left")).toContain(` ${expected} `);
  });

  it("has a device to itself", async () => {
    const program = object.program("xdp_pass");
    await using _link = await attachXdp(program, device());
    await expect(attachXdp(program, device())).rejects.toMatchObject({ code: "already-attached" });
  });

  it("says when the driver cannot", async () => {
    const program = object.program("xdp_pass");
    const loopback = { ifindex: interfaceIndex(1), netns: namespace.path };
    await expect(attachXdp(program, { ...loopback, mode: "native" })).rejects.toMatchObject({
      code: "unsupported-feature",
      hint: expect.stringContaining('"generic"'),
    });
    await using link = await attachXdp(program, loopback);
    expect(link.info()).toMatchObject({ ifindex: 1 });
  });

  it("is refused for a missing device and a program of another type", async () => {
    const ifindex = interfaceIndex(0x7fff_0000);
    await expect(attachXdp(object.program("xdp_pass"), { ifindex })).rejects.toMatchObject({
      code: "no-device",
    });
    await expect(attachXdp(observe, device())).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("says when its device is gone", async () => {
    const program = object.program("xdp_pass");
    await using link = await attachXdp(program, device());
    namespace.run("ip", "link", "delete", "left");
    expect(link.info()).toMatchObject({ ifindex: undefined });
    await expect(link.update(program)).rejects.toMatchObject({ code: "target-gone" });
  });
});

describe("a cgroup link", () => {
  let cgroup: TestCgroup;
  let path: string;

  beforeEach(() => {
    cgroup = createTestCgroup();
    path = cgroup.path;
  });

  afterEach(() => cgroup[Symbol.dispose]());

  it("attaches beside others, and is updated", async () => {
    const program = object.program("connect4");
    await using link = await attachCgroup(program, { path, type: "connect4" });
    expect(link.info()).toEqual({
      type: "cgroup",
      id: link.info().id,
      programId: program.info().id,
      cgroupId: expect.any(BigInt),
      hook: "connect4",
    });
    await using second = await attachCgroup(program, { path, type: "connect4" });
    expect(second.info().id).not.toBe(link.info().id);
    await link.update(program);
  });

  it("is refused for another hook, and what is no cgroup", async () => {
    const program = object.program("connect4");
    const attempt = (type: "connect4" | "connect6", folder: string) =>
      attachCgroup(program, { path: folder, type });
    await expect(attempt("connect6", path)).rejects.toMatchObject({
      code: "invalid-argument",
      subject: `${path} connect6`,
    });
    await expect(attempt("connect4", "/tmp")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "the folder is no cgroup of version 2",
    });
    await expect(attempt("connect4", "/absent")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("ENOENT"),
    });
  });
});
