/**
 * Shows which programs make the most system calls. Linux 4.17.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c raw-tracepoint.bpf.c -o raw-tracepoint.bpf.o
 * node main.ts
 * ```
 */
import { setInterval } from "node:timers/promises";
import { openObject, text, u64 } from "libbpf-napi";

await using file = await openObject("raw-tracepoint.bpf.o");
await using object = await file.load();
await using _link = await object.attach("on_call");

/** System calls by the name of the program. */
const calls = object.map({ name: "system_calls", type: "lru_hash", key: text(16), value: u64 });
console.log("counting system calls; Ctrl-C ends it");
for await (const _ of setInterval(1000)) {
  const rows = await Array.fromAsync(calls.entries());
  for (const [program, count] of rows.toSorted(([, a], [, b]) => Number(b - a)).slice(0, 10)) {
    console.log(program.padEnd(16), Number(count));
  }
}
