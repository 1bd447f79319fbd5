/**
 * Shows every program that is started. Linux 5.8; needs a mounted tracefs.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c tracepoint.bpf.c -o tracepoint.bpf.o
 * node main.ts
 * ```
 */
import { openObject, ringBufferEvents, structOf, text, u32 } from "libbpf-napi";

/** `struct started` of the program. */
const started = structOf({ process: u32, user: u32, file: text(256) });

await using file = await openObject("tracepoint.bpf.o");
await using object = await file.load();
await using _link = await object.attach("on_start");
const events = object.ringBuffer({ name: "programs", type: "ringbuf", event: started });
const options = { onError: console.error, keepAlive: true };
console.log("watching what is started; Ctrl-C ends it");
for await (const event of ringBufferEvents(events, options)) {
  console.log(event.file, "as process", event.process, "by user", event.user);
}
