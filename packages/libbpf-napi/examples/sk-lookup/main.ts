/**
 * A server that answers on a whole range of ports with one socket. Linux 5.9.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c sk-lookup.bpf.c -o sk-lookup.bpf.o
 * node main.ts 7000 7999
 * ```
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { attachNetns, openObject, socketDescriptor, u32 } from "libbpf-napi";

const [first = "7000", last = "7999"] = process.argv.slice(2);

const server = createServer((socket) => socket.end(`this is port ${String(socket.localPort)}\n`));
await once(server.listen(Number(first)), "listening");

await using file = await openObject("sk-lookup.bpf.o");
file.setVariable(file.findVariable("first"), Number(first));
file.setVariable(file.findVariable("last"), Number(last));
await using object = await file.load();
const listener = object.referenceMap({ name: "listener", type: "sockmap", key: u32 });
listener.set(0, socketDescriptor(server));
await using _link = await attachNetns(object.program("choose"), { hook: "sk_lookup" });
console.log(`answering on the ports ${first} to ${last}; Ctrl-C ends it`);
await once(server, "close");
