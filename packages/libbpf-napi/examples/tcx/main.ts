/**
 * Drops what comes in at a device for one port of TCP or UDP, and says how much. Linux 6.6; for older
 * kernels there is clsact.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c tcx.bpf.c -o tcx.bpf.o
 * node main.ts eth0 8080
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachTcx, deviceIndex, openObject } from "libbpf-napi";

const [device = "lo", port = "8080"] = process.argv.slice(2);

await using file = await openObject("tcx.bpf.o");
file.setVariable(file.findVariable("port"), Number(port));
await using object = await file.load();
const ifindex = await deviceIndex(device);
await using _link = await attachTcx(object.program("drop_port"), { ifindex, hook: "ingress" });
const dropped = object.variable(object.findVariable("dropped"));
console.log(`dropping what comes in at ${device} for port ${port}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("dropped:", Number(dropped.get()));
