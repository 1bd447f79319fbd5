import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachCgroup } from "./attach-cgroup.ts";
import { attachSockmap } from "./attach-sockmap.ts";
import { createMap } from "./kernel-map.ts";
import type { KernelMapHandle } from "./map-types.ts";
import type { LoadedObject } from "./object-types.ts";
import { createTestCgroup } from "./testing/cgroup.ts";
import { compileCounter } from "./testing/counter.ts";
import { requireFeature, requireLack } from "./testing/feature.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { openMapHandleById } from "./walk.ts";

const fixture = compileToLoad("sockets");
const hooks = ["stream_parser", "stream_verdict", "msg_verdict", "skb_verdict"] as const;

let object: LoadedObject;
let map: KernelMapHandle;

beforeEach(async () => {
  object = await fixture.load(...hooks, "other_msg_verdict", "collect");
  map = openMapHandleById(object.program("collect").info().mapIds[0] ?? 0);
});

afterEach(() => {
  map.close();
  object.close();
});

/** A server and a client that sends to it, within a cgroup whose connections go into the map. */
const exchange = `node -e '
  const server = require("node:net").createServer((socket) => socket.resume());
  server.listen(0, "127.0.0.1", () => {
    const client = require("node:net").connect(server.address().port, "127.0.0.1");
    client.end("hello", () => server.close());
  });
'`;

describe("a program at a map of sockets", () => {
  it.for(["link", "map"] as const)("sees what is sent, held by the %s", async (owner, context) => {
    if (owner === "link") await requireFeature(context, "sockmap-link");
    using cgroup = createTestCgroup();
    const { path } = cgroup;
    await using _collect = await attachCgroup(object.program("collect"), {
      path,
      type: "sock_ops",
    });
    const program = object.program("msg_verdict");
    await using attached = await attachSockmap(program, { map, hook: "msg_verdict", owner });
    expect(cgroup.run(exchange)).toBe(0);
    expect(runsOf(object, 2)).toBeGreaterThan(0n);
    expect(attached.closed).toBe(false);
  });

  it.for(hooks)("attaches by a link at hook %s", async (hook, context) => {
    await requireFeature(context, "sockmap-link");
    await using link = await attachSockmap(object.program(hook), { map, hook });
    expect(link.info()).toEqual({
      type: "sockmap",
      id: expect.any(Number),
      programId: object.program(hook).info().id,
      mapId: map.info().id,
      hook,
    });
  });

  it.for(hooks)("is held by the map at hook %s", async (hook) => {
    const program = object.program(hook);
    await using held = await attachSockmap(program, { map, hook, owner: "map" });
    expect(held.info()).toEqual({
      type: "sockmap",
      id: undefined,
      programId: program.info().id,
      mapId: map.info().id,
      hook,
    });
  });

  it.for(["link", "map"] as const)(
    "is replaced and detached, by the %s",
    async (owner, context) => {
      if (owner === "link") await requireFeature(context, "sockmap-link");
      const [first, second] = [object.program("msg_verdict"), object.program("other_msg_verdict")];
      const attached = await attachSockmap(first, { map, hook: "msg_verdict", owner });
      await attached.update(second);
      expect(attached.info().programId).toBe(second.info().id);
      await attached.detach();
      await attached.close();
      expect(attached.closed).toBe(true);
      await using _again = await attachSockmap(first, { map, hook: "msg_verdict", owner });
    },
  );

  it("is alone at its hook when links hold it", async (context) => {
    await requireFeature(context, "sockmap-link");
    await using _link = await attachSockmap(object.program("msg_verdict"), {
      map,
      hook: "msg_verdict",
    });
    const other = object.program("other_msg_verdict");
    await expect(attachSockmap(other, { map, hook: "msg_verdict" })).rejects.toMatchObject({
      code: "already-attached",
    });
  });

  it("is refused for another type of map, and another hook", async (context) => {
    await requireFeature(context, "sockmap-link");
    using table = await createMap(compileCounter().samples);
    const program = object.program("msg_verdict");
    for (const owner of ["link", "map"] as const) {
      await expect(
        attachSockmap(program, { map: table, hook: "msg_verdict", owner }),
      ).rejects.toMatchObject({ code: "invalid-argument", subject: "map samples msg_verdict" });
      await expect(
        attachSockmap(program, { map, hook: "skb_verdict", owner }),
      ).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("needs a newer kernel for a link", async (context) => {
    await requireLack(context, "sockmap-link");
    const program = object.program("msg_verdict");
    await expect(
      attachSockmap(program, { map, hook: "msg_verdict", owner: "link" }),
    ).rejects.toMatchObject({ code: "unsupported-feature", sinceKernel: "6.10" });
  });
});
