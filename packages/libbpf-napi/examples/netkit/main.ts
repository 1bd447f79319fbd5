/**
 * Drops what a pod sends from an address that is not its own. The program sits at the pod's end of the
 * pair, and is attached by the host's end, where the pod cannot reach it. Linux 6.7.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c netkit.bpf.c -o netkit.bpf.o
 * node main.ts host0 10.0.0.2
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachNetkit, deviceIndex, openObject } from "libbpf-napi";

const [device = "nk0", address = "10.0.0.2"] = process.argv.slice(2);

await using file = await openObject("netkit.bpf.o");
file.setVariable(file.findVariable("address"), Uint8Array.from(address.split("."), Number));
await using object = await file.load();
const ifindex = await deviceIndex(device);
await using _link = await attachNetkit(object.program("only_own"), { ifindex, hook: "peer" });
const spoofed = object.variable(object.findVariable("spoofed"));
console.log(`what is behind ${device} may send from ${address}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("spoofed:", Number(spoofed.get()));
