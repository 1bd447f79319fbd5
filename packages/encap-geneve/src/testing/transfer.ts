import type { TunnelEnds } from "./tunnel-ends.ts";

/** Sends a megabyte by TCP from the end `a` to an address of `b`, and gives the bytes that arrived. */
export async function transfer({ a, b }: TunnelEnds, target: string): Promise<string> {
  const listen = `
    const server = require("net").createServer((socket) => {
      let bytes = 0;
      socket.on("data", (data) => (bytes += data.length));
      socket.on("end", () => { console.log(bytes); socket.end(); server.close(); });
    }).listen(9, "${target}");`;
  const send = `
    const connect = () => {
      const socket = require("net").connect(9, "${target}", () => socket.end(Buffer.alloc(1e6)));
      socket.on("error", () => setTimeout(connect, 20)).resume();
    };
    connect();`;
  const heard = b.run(process.execPath, "-e", listen);
  await a.run(process.execPath, "-e", send);
  return (await heard).trim();
}
