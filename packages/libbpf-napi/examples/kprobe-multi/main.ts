/**
 * Counts the calls of many functions of the kernel by one link, each under its name. Linux 5.18.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c kprobe-multi.bpf.c -o kprobe-multi.bpf.o
 * node main.ts vfs_read vfs_write vfs_open
 * ```
 */
import { setInterval } from "node:timers/promises";
import { openObject, u32, u64 } from "libbpf-napi";

const functions = process.argv.slice(2);

await using file = await openObject("kprobe-multi.bpf.o");
await using object = await file.load();
const cookies = functions.map((_, index) => BigInt(index));
await using _link = await object.attach("on_call", { kind: "kprobes", functions, cookies });

/** Calls by the index of the function, which is its cookie. */
const calls = object.map({ name: "calls", type: "array", key: u32, value: u64 });
console.log(`watching ${String(functions.length)} functions; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  for (const [index, name] of functions.entries()) {
    const count = calls.get(index) ?? 0n;
    if (count > 0n) console.log(name.padEnd(32), Number(count));
  }
}
