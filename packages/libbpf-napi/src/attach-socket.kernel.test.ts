import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachSocket, detachSocket } from "./attach-socket.ts";
import type { LoadedObject } from "./object-types.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { listen } from "./testing/listening-socket.ts";
import { thrown } from "./testing/thrown.ts";

const fixture = compileToLoad("sockets");

let object: LoadedObject;
beforeEach(async () => {
  object = await fixture.load("no_packet", "whole_packet", "no_socket", "msg_verdict");
});
afterEach(() => object.close());

describe("a program at a socket", () => {
  it("keeps packets from it, until another takes its place or it is detached", async () => {
    await using server = await listen();
    const place = { fd: server.fd, hook: "filter" } as const;
    attachSocket(object.program("no_packet"), place);
    const client = connect(server.port, "127.0.0.1");
    await expect.poll(() => runsOf(object, 3)).toBeGreaterThan(0n);
    expect(client.readyState).toBe("opening");
    // The client asks again after a second.
    attachSocket(object.program("whole_packet"), place);
    await once(client, "connect");
    client.destroy();
    expect(runsOf(object, 4)).toBeGreaterThan(0n);
    detachSocket(place);
    expect(thrown(() => detachSocket(place))).toMatchObject({
      code: "target-gone",
      reason: "the socket has no program",
    });
  });

  it("chooses among the sockets of a port", async () => {
    await using server = await listen({ reusePort: true });
    const place = { fd: server.fd, hook: "reuseport" } as const;
    attachSocket(object.program("no_socket"), place);
    const [error] = await once(connect(server.port, "127.0.0.1"), "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    expect(runsOf(object, 5)).toBeGreaterThan(0n);
    detachSocket(place);
    const client = connect(server.port, "127.0.0.1");
    await once(client, "connect");
    client.destroy();
  });

  it("is refused for another type, for a socket that shares no port, and for what is no socket", async () => {
    await using server = await listen();
    const { fd } = server;
    expect(
      thrown(() => attachSocket(object.program("msg_verdict"), { fd, hook: "filter" })),
    ).toMatchObject({ code: "invalid-argument", subject: `socket ${String(fd)} by filter` });
    expect(
      thrown(() => attachSocket(object.program("no_socket"), { fd, hook: "reuseport" })),
    ).toMatchObject({ code: "invalid-argument" });
    const file = openSync("/dev/null", "r");
    expect(
      thrown(() => attachSocket(object.program("no_packet"), { fd: file, hook: "filter" })),
    ).toMatchObject({ code: "target-gone", errno: "ENOTSOCK" });
    closeSync(file);
  });
});
