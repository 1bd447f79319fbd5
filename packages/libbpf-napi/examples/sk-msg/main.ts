/**
 * Shortens the way between processes of a cgroup that talk by TCP on this machine: what one sends goes
 * straight to the other's socket, and not through the network stack. Linux 5.7.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c sk-msg.bpf.c -o sk-msg.bpf.o
 * node main.ts /sys/fs/cgroup/system.slice
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachCgroup, attachSockmap, bytes, openObject } from "libbpf-napi";

const [path = "/sys/fs/cgroup"] = process.argv.slice(2);

await using file = await openObject("sk-msg.bpf.o");
await using object = await file.load();

/** Who is connected; the program writes it, so keys are only bytes here. */
const map = object.referenceMap({ name: "sockets", type: "sockhash", key: bytes(16) });
const [toPeer, collect] = [object.program("to_peer"), object.program("collect")];
await using _verdict = await attachSockmap(toPeer, { map, hook: "msg_verdict" });
await using _collect = await attachCgroup(collect, { path, type: "sock_ops" });
const shortcut = object.variable(object.findVariable("shortcut"));
console.log(`shortening connections within ${path}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("shortcut:", Number(shortcut.get()));
