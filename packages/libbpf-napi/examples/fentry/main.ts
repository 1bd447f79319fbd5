/**
 * How long a function of the kernel takes: a histogram, each second. Linux 5.5, with type information (BTF).
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c fentry.bpf.c -o fentry.bpf.o
 * node main.ts vfs_read
 * ```
 */
import { setInterval } from "node:timers/promises";
import { arrayOf, openObject, u64 } from "libbpf-napi";

const [name = "vfs_read"] = process.argv.slice(2);

await using file = await openObject("fentry.bpf.o");
await file.setAttachTarget("enter", name);
await file.setAttachTarget("leave", name);
await using object = await file.load();
await using _enter = await object.attach("enter");
await using _leave = await object.attach("leave");
const calls = object.variable({ ...object.findVariable("calls"), codec: arrayOf(u64, 32) });
console.log(`measuring ${name}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  const counts = calls.get().map(Number);
  const most = Math.max(...counts);
  for (const [power, count] of counts.entries()) {
    if (count === 0) continue;
    const bar = "#".repeat(Math.ceil((40 * count) / most));
    console.log(`up to ${String(2 ** (power + 1))} ns`.padEnd(20), String(count).padStart(8), bar);
  }
}
