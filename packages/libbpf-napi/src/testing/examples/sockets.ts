import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { createTestCgroup, type TestCgroup } from "../cgroup.ts";
import { requireKernel } from "../feature.ts";
import { createTestNamespace } from "../namespace.ts";
import type { ExampleTest } from "./example.ts";

/** A server that greets, and a client that answers; both end then. */
const conversation = `
  const { connect, createServer } = require("node:net");
  const server = createServer((socket) => socket.on("data", () => socket.end()).write("hello"));
  server.listen(0, "127.0.0.1", () => {
    const client = connect(server.address().port, "127.0.0.1");
    client.on("data", () => client.write("welcome")).on("end", () => server.close());
  });`;

/** Examples that deal with the sockets of cgroups and namespaces. */
export const socketExamples: Readonly<Record<string, ExampleTest>> = {
  "cgroup-skb": async (example) => {
    const cgroup = useCgroup();
    const run = example.start([cgroup.path]);
    await run.shows(/adding up the traffic/);
    await run.shows(/^received: 0 sent: 0$/m);
    cgroup.run("echo 1 > /dev/udp/127.0.0.1/9");
    // Headers of IPv4 and UDP, and two bytes of payload.
    await run.shows(/^received: \d+ sent: 30$/m);
  },

  "cgroup-connect": async (example) => {
    const [cgroup, server] = [useCgroup(), await useServer(() => undefined)];
    const to = portOf(server);
    const from = await freePort();
    const ask = `exec 2> /dev/null 3<>/dev/tcp/127.0.0.1/${String(from)}`;
    expect(cgroup.run(ask)).not.toBe(0);
    const run = example.start([cgroup.path, String(from), String(to)]);
    await run.shows(new RegExp(`port ${String(from)} is port ${String(to)}`));
    expect(cgroup.run(ask)).toBe(0);
    await run.shows(/^redirected: 1$/m);
  },

  sockops: async (example) => {
    const [cgroup, server] = [useCgroup(), await useServer((socket) => socket.end())];
    const run = example.start([cgroup.path]);
    await run.shows(/watching connections/);
    const port = String(portOf(server));
    cgroup.run(`exec 3<>/dev/tcp/127.0.0.1/${port} && echo hello >&3`);
    await run.shows(new RegExp(`^from port \\d+ to port ${port}$`, "m"));
    await run.shows(/bytes sent: \d+ received: \d+\n +round trip: \d+ µs, sent again: 0 packets/);
  },

  "sk-lookup": async (example) => {
    const namespace = useNamespace();
    const run = example.start(["7000", "7999"], { netns: namespace.path });
    await run.shows(/answering on the ports 7000 to 7999/);
    for (const port of ["7000", "7321", "7999"]) {
      const ask = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
      expect(namespace.run("bash", "-c", ask)).toBe(`this is port ${port}\n`);
    }
    const refused = "(exec 2> /dev/null 3<>/dev/tcp/127.0.0.1/8000) || echo refused";
    expect(namespace.run("bash", "-c", refused)).toBe("refused\n");
  },

  "socket-filter": async (example) => {
    const namespace = useNamespace();
    const run = example.start(["7000", "64"], { netns: namespace.path });
    await run.shows(/port 7000 takes packets with a hop limit of 64 or more/);
    const ask = "exec 3<>/dev/tcp/127.0.0.1/7000 && cat <&3";
    expect(namespace.run("bash", "-c", ask)).toBe("hello, neighbour\n");
    namespace.run("sysctl", "-qw", "net.ipv4.ip_default_ttl=63");
    // It waits for an answer until the server is gone.
    namespace.run("bash", "-c", `timeout 60 bash -c '${ask}' > /dev/null 2>&1 & true`);
    await run.shows(/^dropped: [1-9]/m);
  },

  "sk-skb": async (example) => {
    // What comes back is an echo; the greeting tells that both connections are there.
    const server = await useServer((socket) => socket.pipe(socket).write("ready"));
    const port = await freePort();
    const run = example.start([String(port), "127.0.0.1", String(portOf(server))]);
    await run.shows(/is a proxy of 127\.0\.0\.1/);
    const client = connect(port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    expect(await nextData(client)).toBe("ready");
    client.write("hello");
    expect(await nextData(client)).toBe("hello");
    await run.shows(/^forwarded: [1-9]/m);
    client.end();
    await once(client, "close");
  },

  "sk-msg": async (example) => {
    const cgroup = useCgroup();
    const run = example.start([cgroup.path]);
    await run.shows(/shortening connections/);
    expect(cgroup.run(`"${process.execPath}" -e '${conversation}'`)).toBe(0);
    await run.shows(/^shortcut: 12$/m);
  },

  "struct-ops": async (example, context) => {
    requireKernel(context, "links of struct_ops", "6.4");
    const namespace = useNamespace();
    const run = example.start(["30"]);
    await run.shows(/fixed_window has 30 packets on their way/);
    const setting = "/proc/sys/net/ipv4/tcp_congestion_control";
    namespace.run("sh", "-c", `echo fixed_window > ${setting}`);
    namespace.run(process.execPath, "-e", conversation);
    // Both ends of the connection.
    await run.shows(/^connections: 2$/m);
  },

  iterator: async (example) => {
    const port = String(portOf(await useServer(() => undefined)));
    const run = example.start([]);
    expect(await run.ended).toBe(0);
    await run.shows(
      new RegExp(`^listening +127\\.0\\.0\\.1:${port} +0\\.0\\.0\\.0:0 +user 0$`, "m"),
    );
  },
};

function useCgroup(): TestCgroup {
  const cgroup = createTestCgroup();
  onTestFinished(() => cgroup[Symbol.dispose]());
  return cgroup;
}

function useNamespace(): ReturnType<typeof createTestNamespace> {
  const namespace = createTestNamespace();
  onTestFinished(() => namespace[Symbol.dispose]());
  return namespace;
}

/** On the loopback. */
async function useServer(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    onConnection(socket.resume());
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

/** One where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

async function nextData(socket: Socket): Promise<string> {
  const [data]: readonly unknown[] = await once(socket, "data");
  return String(data);
}
