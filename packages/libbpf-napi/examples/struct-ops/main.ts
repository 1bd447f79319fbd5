/**
 * A congestion control for TCP that always has so many packets on their way, for a link whose capacity is
 * known. A program uses it by `setsockopt` with `TCP_CONGESTION`, a network namespace by
 * `sysctl net.ipv4.tcp_congestion_control=fixed_window`. Linux 6.4.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c struct-ops.bpf.c -o struct-ops.bpf.o
 * node main.ts 20
 * ```
 */
import { setInterval } from "node:timers/promises";
import { openObject } from "libbpf-napi";

const [window = "20"] = process.argv.slice(2);

await using file = await openObject("struct-ops.bpf.o");
file.setVariable(file.findVariable("window"), Number(window));
await using object = await file.load();
await using _link = await object.attachStructOps("fixed_window");
const connections = object.variable(object.findVariable("connections"));
console.log(`fixed_window has ${window} packets on their way; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("connections:", Number(connections.get()));
