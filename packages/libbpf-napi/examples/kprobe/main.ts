/**
 * Shows which programs call a function of the kernel, and how often. Linux 4.17.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c kprobe.bpf.c -o kprobe.bpf.o
 * node main.ts vfs_unlink
 * ```
 */
import { setInterval } from "node:timers/promises";
import { openObject, text, u64 } from "libbpf-napi";

const [name = "vfs_unlink"] = process.argv.slice(2);

await using file = await openObject("kprobe.bpf.o");
await using object = await file.load();
await using _link = await object.attach("on_call", { kind: "kprobe", function: name });

/** Calls by the name of the program. */
const callers = object.map({ name: "callers", type: "hash", key: text(16), value: u64 });
console.log(`watching ${name}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  const rows = await Array.fromAsync(callers.entries());
  for (const [program, count] of rows.toSorted(([, a], [, b]) => Number(b - a)).slice(0, 10)) {
    console.log(program.padEnd(16), Number(count));
  }
}
