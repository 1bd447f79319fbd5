/**
 * Adds up the bytes that the processes of a cgroup receive and send. Linux 5.7.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c cgroup-skb.bpf.c -o cgroup-skb.bpf.o
 * node main.ts /sys/fs/cgroup/system.slice
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachCgroup, openObject } from "libbpf-napi";

const [path = "/sys/fs/cgroup"] = process.argv.slice(2);

await using file = await openObject("cgroup-skb.bpf.o");
await using object = await file.load();
const [ingress, egress] = [object.program("count_received"), object.program("count_sent")];
await using _in = await attachCgroup(ingress, { path, type: "skb_ingress" });
await using _out = await attachCgroup(egress, { path, type: "skb_egress" });
const received = object.variable(object.findVariable("received"));
const sent = object.variable(object.findVariable("sent"));
console.log(`adding up the traffic of ${path}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  console.log("received:", Number(received.get()), "sent:", Number(sent.get()));
}
