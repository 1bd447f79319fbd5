/**
 * A server that only neighbours reach: its socket takes no packet with a hop limit below the given one, which whoever sends
 * from afar cannot keep up (RFC 5082). Linux 4.18.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c socket-filter.bpf.c -o socket-filter.bpf.o
 * node main.ts 7000 255
 * ```
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { attachSocket, openObject, socketDescriptor, u64 } from "libbpf-napi";

const [port = "7000", least = "255"] = process.argv.slice(2);

const server = createServer((socket) => socket.end("hello, neighbour\n"));
await once(server.listen(Number(port)), "listening");
const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

await using file = await openObject("socket-filter.bpf.o");
file.setVariable(file.findVariable("least"), Number(least));
const { section, offset } = file.findVariable("dropped");
await using object = await file.load();
attachSocket(object.program("near_only"), { fd: socketDescriptor(server), hook: "filter" });
console.log(`port ${port} takes packets with a hop limit of ${least} or more; Ctrl-C ends it`);

const dropped = object.variable({ section, offset, codec: u64 });
while (!ended.signal.aborted) {
  await delay(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  console.log(`dropped: ${String(dropped.get())}`);
}
server.close();
