/**
 * Shows who sends a signal to whom. Linux 5.8. On ARM it is compiled with `-D__TARGET_ARCH_arm64`.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -D__TARGET_ARCH_x86 -c syscall.bpf.c -o syscall.bpf.o
 * node main.ts
 * ```
 */
import { openObject, ringBufferEvents, s32, structOf, text, u32 } from "libbpf-napi";

/** `struct sent` of the program. */
const sent = structOf({ to: s32, signal: s32, from: u32, program: text(16) });

await using file = await openObject("syscall.bpf.o");
await using object = await file.load();
await using _link = await object.attach("on_kill");
const events = object.ringBuffer({ name: "signals", type: "ringbuf", event: sent });
const options = { onError: console.error, keepAlive: true };
console.log("watching kill; Ctrl-C ends it");
for await (const event of ringBufferEvents(events, options)) {
  console.log(event.program, event.from, "sends signal", event.signal, "to process", event.to);
}
