/**
 * Watches a static tracepoint of a program or library, as its authors have placed it; `readelf -n FILE` lists
 * them. Linux 5.8. On ARM it is compiled with `-D__TARGET_ARCH_arm64`.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -D__TARGET_ARCH_x86 -c usdt.bpf.c -o usdt.bpf.o
 * node main.ts /usr/lib/x86_64-linux-gnu/libc.so.6 libc setjmp
 * ```
 */
import { openObject, ringBufferEvents, s64, structOf, text, u32 } from "libbpf-napi";

const [path = "libc.so.6", provider = "libc", name = "setjmp"] = process.argv.slice(2);

/** `struct passage` of the program. */
const passage = structOf({ process: u32, count: u32, first: s64, program: text(16) });

await using file = await openObject("usdt.bpf.o");
await using object = await file.load();
const target = { kind: "usdt", file: path, provider, name } as const;
await using _link = await object.attach("on_passage", target);
const events = object.ringBuffer({ name: "passages", type: "ringbuf", event: passage });
const options = { onError: console.error, keepAlive: true };
console.log(`watching ${provider}:${name}; Ctrl-C ends it`);
for await (const event of ringBufferEvents(events, options)) {
  const first = event.count > 0 ? [`first of ${String(event.count)}:`, Number(event.first)] : [];
  console.log(event.program, "process", event.process, ...first);
}
