/**
 * Samples all CPUs a hundred times a second, of all processes or of one, and shows each second where most
 * were taken so far: the program, and the innermost functions of the kernel. Linux 4.9.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c perf-event.bpf.c -o perf-event.bpf.o
 * node main.ts 1234
 * ```
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setInterval } from "node:timers/promises";
import {
  arrayOf,
  decodeFromBytes,
  encodeToBytes,
  openObject,
  s32,
  structOf,
  text,
  u32,
  u64,
} from "libbpf-napi";

const [pid] = process.argv.slice(2);

/** A stack: addresses of the kernel, the innermost first. */
const frames = arrayOf(u64, 32);

/** Functions of the kernel by their addresses, in order. */
const functions = readFileSync("/proc/kallsyms", "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split(/\s/))
  .map(([address = "0", , name = ""]) => [BigInt(`0x${address}`), name] as const)
  .toSorted(([a], [b]) => (a < b ? -1 : 1));

await using file = await openObject("perf-event.bpf.o");
await using object = await file.load();
await using links = new AsyncDisposableStack();
for (let cpu = 0; cpu < availableParallelism(); cpu++) {
  const target = { kind: "perf-event", event: "cpu-clock", cpu } as const;
  const one = pid === undefined ? target : { ...target, process: Number(pid) };
  links.use(await object.attach("on_sample", one));
}

/** Samples by `struct sample` of the program. */
const samples = object.map({
  name: "samples",
  type: "hash",
  key: structOf({ program: text(16), stack: s32 }),
  value: u64,
});
const stacks = object.rawMap("stacks");
console.log("sampling; Ctrl-C ends it");
for await (const _ of setInterval(1000)) {
  const rows = await Array.fromAsync(samples.entries());
  for (const [sample, count] of rows.toSorted(([, a], [, b]) => Number(b - a)).slice(0, 10)) {
    console.log(String(count).padStart(6), sample.program.padEnd(16), describe(sample.stack));
  }
}

function describe(stack: number): string {
  const value = stack < 0 ? undefined : stacks.get(encodeToBytes(u32, stack));
  if (value === undefined) return "in user space";
  return decodeFromBytes(frames, value).slice(0, 3).map(nameOf).join(" < ");
}

function nameOf(address: bigint): string {
  return functions.findLast(([begin]) => begin <= address)?.[1] ?? "unknown";
}
