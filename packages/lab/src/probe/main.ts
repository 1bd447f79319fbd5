// A probe server as a process of its own:
//
//   main.ts [--tcp PORT]... [--udp PORT]... [--control SOCKET]
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { ProbeServer } from "./probe-server.ts";

const { values } = parseArgs({
  options: {
    tcp: { type: "string", multiple: true, default: [] },
    udp: { type: "string", multiple: true, default: [] },
    control: { type: "string" },
  },
});
const server = new ProbeServer(hostname());
for (const port of values.tcp) await server.listenTcp(Number(port));
for (const port of values.udp) await server.listenUdp(Number(port));
if (values.control !== undefined) await server.listenControl(values.control);
