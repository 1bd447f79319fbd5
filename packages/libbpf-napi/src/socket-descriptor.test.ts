import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { socketDescriptor } from "./socket-descriptor.ts";
import { thrown } from "./testing/thrown.ts";

it("a socket has a descriptor from when it listens or is connected until it is closed", async () => {
  const server = createServer((socket) => socket.end());
  expect(thrown(() => socketDescriptor(server))).toMatchObject({ code: "invalid-state" });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  const [first, second] = [socketDescriptor(server), socketDescriptor(client)];
  expect(first).not.toBe(second);
  for (const fd of [first, second]) {
    expect(readlinkSync(`/proc/self/fd/${String(fd)}`)).toMatch(/^socket:/);
  }
  server.close();
  client.destroy();
  await once(server, "close");
  expect(thrown(() => socketDescriptor(server))).toMatchObject({ code: "invalid-state" });
});
