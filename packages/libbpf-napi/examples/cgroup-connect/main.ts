/**
 * Redirects connections: who in a cgroup connects to one port of 127.0.0.1 gets another one, where a proxy
 * or a new version of the server may listen. Linux 5.7.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c cgroup-connect.bpf.c -o cgroup-connect.bpf.o
 * node main.ts /sys/fs/cgroup/system.slice 80 8080
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachCgroup, openObject } from "libbpf-napi";

const [path = "/sys/fs/cgroup", from = "80", to = "8080"] = process.argv.slice(2);

await using file = await openObject("cgroup-connect.bpf.o");
file.setVariable(file.findVariable("from"), Number(from));
file.setVariable(file.findVariable("to"), Number(to));
await using object = await file.load();
await using _link = await attachCgroup(object.program("redirect"), { path, type: "connect4" });
const redirected = object.variable(object.findVariable("redirected"));
console.log(`in ${path}, port ${from} is port ${to}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("redirected:", Number(redirected.get()));
