/**
 * Counts the calls of many functions of a program or library by one link, each under its name. Linux 6.6.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c uprobe-multi.bpf.c -o uprobe-multi.bpf.o
 * node main.ts libc.so.6 malloc calloc realloc free
 * ```
 */
import { setInterval } from "node:timers/promises";
import { openObject, u32, u64 } from "libbpf-napi";

const [path = "libc.so.6", ...functions] = process.argv.slice(2);

await using file = await openObject("uprobe-multi.bpf.o");
await using object = await file.load();
const cookies = functions.map((_, index) => BigInt(index));
const target = { kind: "uprobes", file: path, functions, cookies } as const;
await using _link = await object.attach("on_call", target);

/** Calls by the index of the function, which is its cookie. */
const calls = object.map({ name: "calls", type: "array", key: u32, value: u64 });
console.log(`watching ${String(functions.length)} functions; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  for (const [index, name] of functions.entries()) {
    const count = calls.get(index) ?? 0n;
    if (count > 0n) console.log(name.padEnd(32), Number(count));
  }
}
