import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IpAddress, ipFamily } from "@heddle/contracts";
import { type TestNetns, waitUntil } from "@heddle/testing";

/** The ports of a node's own sockets. */
export interface NodeSockets extends AsyncDisposable {
  /** Of a socket of UDP that is connected to nobody. */
  readonly udp: number;
  /** Of one of TCP that asks somebody for a connection. */
  readonly tcp: number;
  /** Of one that listens. */
  readonly listening: number;
}

/** Opens sockets with an address of the node; that of TCP asks port 80 of another host, which need not answer. */
export async function openNodeSockets(
  netns: TestNetns,
  address: IpAddress,
  asked: IpAddress,
): Promise<NodeSockets> {
  const ports = { udp: 40_100, tcp: 40_101, listening: 40_102 };
  const connect = { host: asked, port: 80, localAddress: address, localPort: ports.tcp };
  const script = `
    const [dgram, net] = [require("node:dgram"), require("node:net")];
    dgram.createSocket("udp${String(ipFamily(address))}").bind(${String(ports.udp)}, "${address}");
    net.connect(${JSON.stringify(connect)}).on("error", () => {});
    net.createServer().listen(${String(ports.listening)}, "${address}");
    process.stdin.on("end", () => process.exit()).resume();`;
  const child = spawn("nsenter", [`--net=${netns.path}`, "--", process.execPath, "-e", script], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  const tables = ["udp", "udp6", "tcp", "tcp6"].map((table) => `/proc/net/${table}`);
  await waitUntil("the node's sockets", async () => {
    const all = await netns.run("cat", ...tables);
    return Object.values(ports).every((port) =>
      all.includes(`:${port.toString(16).toUpperCase()} `),
    );
  });
  return {
    ...ports,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
