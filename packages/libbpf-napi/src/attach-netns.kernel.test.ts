import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statSync } from "node:fs";
import { attachNetns } from "./attach-netns.ts";
import type { LoadedObject } from "./object-types.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const fixture = compileToLoad("sockets");

let object: LoadedObject;
let namespace: TestNamespace;

beforeEach(async () => {
  object = await fixture.load("refuse", "leave", "dissect", "msg_verdict");
  namespace = createTestNamespace();
});

afterEach(() => {
  namespace[Symbol.dispose]();
  object.close();
});

function connect(): void {
  namespace.run("bash", "-c", "exec 2> /dev/null 3<>/dev/tcp/127.0.0.1/9 || true");
}

describe("a link to a network namespace", () => {
  it("decides which socket takes a connection, until it is closed", async () => {
    const { path: netns } = namespace;
    const link = await attachNetns(object.program("leave"), { hook: "sk_lookup", netns });
    expect(link.info()).toEqual({
      type: "netns",
      id: link.info().id,
      programId: object.program("leave").info().id,
      netnsInode: statSync(netns).ino,
      hook: "sk_lookup",
    });
    connect();
    expect(runsOf(object, 1)).toBe(1n);
    await link.update(object.program("refuse"));
    connect();
    expect([runsOf(object, 0), runsOf(object, 1)]).toEqual([1n, 1n]);
    await link.close();
    connect();
    expect(runsOf(object, 0)).toBe(1n);
  });

  it("shares sk_lookup with others, and has flow_dissector to itself", async () => {
    const { path: netns } = namespace;
    await using _first = await attachNetns(object.program("leave"), { hook: "sk_lookup", netns });
    await using _other = await attachNetns(object.program("refuse"), { hook: "sk_lookup", netns });
    connect();
    expect([runsOf(object, 0), runsOf(object, 1)]).toEqual([1n, 1n]);
    const dissect = object.program("dissect");
    await using dissector = await attachNetns(dissect, { hook: "flow_dissector", netns });
    expect(dissector.info()).toMatchObject({ hook: "flow_dissector" });
    await expect(attachNetns(dissect, { hook: "flow_dissector", netns })).rejects.toMatchObject({
      code: "already-attached",
    });
  });

  it("is refused for another hook, and for what is no network namespace", async () => {
    const program = object.program("leave");
    await expect(
      attachNetns(program, { hook: "flow_dissector", netns: namespace.path }),
    ).rejects.toMatchObject({ code: "invalid-argument", errno: "EINVAL" });
    await expect(
      attachNetns(program, { hook: "sk_lookup", netns: "/etc/hostname" }),
    ).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(
      attachNetns(program, { hook: "sk_lookup", netns: "/run/netns/hdt-absent" }),
    ).rejects.toMatchObject({
      code: "invalid-argument",
      reason: expect.stringContaining("ENOENT"),
    });
  });
});
