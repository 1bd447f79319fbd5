/**
 * Where the kernel spreads packets over CPUs or links by their flow, takes all of a UDP tunnel between two
 * hosts for one flow, whatever their source ports, so that they stay in order. Of the machine's first network
 * namespace it is the only dissector. Linux 6.1.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c flow-dissector.bpf.c -o flow-dissector.bpf.o
 * node main.ts 4789
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachNetns, openObject } from "libbpf-napi";

const [port = "4789"] = process.argv.slice(2);

await using file = await openObject("flow-dissector.bpf.o");
file.setVariable(file.findVariable("port"), Number(port));
await using object = await file.load();
await using _link = await attachNetns(object.program("dissect"), { hook: "flow_dissector" });
const dissected = object.variable(object.findVariable("dissected"));
console.log(`dissecting tunnels to port ${port}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("dissected:", Number(dissected.get()));
