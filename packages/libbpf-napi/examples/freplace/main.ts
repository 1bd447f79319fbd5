/**
 * Changes a part of a program while it runs: a function of an XDP program is replaced by one that drops IPv4,
 * for as long as this runs. Whoever has the program need not know. Linux 5.10.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c freplace.bpf.c -o freplace.bpf.o
 * node main.ts eth0
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachXdp, deviceIndex, openObject } from "libbpf-napi";

const [device = "lo"] = process.argv.slice(2);

// The program with a part that can be replaced.
await using base = await openObject("freplace.bpf.o");
base.setAutoload("no_ipv4", false);
await using firewall = await base.load();
const ask = firewall.program("ask");
await using _link = await attachXdp(ask, { ifindex: await deviceIndex(device) });

// The part: it is loaded for the program whose function it replaces.

await using file = await openObject("freplace.bpf.o");
file.setAutoload("ask", false);
await file.setAttachTarget("no_ipv4", "decide", ask);
await using part = await file.load();
await using _part = await part.attach("no_ipv4");

const asked = firewall.variable(firewall.findVariable("asked"));
console.log(`no IPv4 comes in at ${device}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("asked:", Number(asked.get()));
