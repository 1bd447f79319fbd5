/**
 * Shows which names processes look up by the C library, all over the machine. Linux 5.8. On ARM it is
 * compiled with `-D__TARGET_ARCH_arm64`.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -D__TARGET_ARCH_x86 -c uprobe.bpf.c -o uprobe.bpf.o
 * node main.ts
 * ```
 */
import { openObject, ringBufferEvents, structOf, text, u32 } from "libbpf-napi";

/** `struct lookup` of the program. */
const lookup = structOf({ process: u32, program: text(16), name: text(108) });

await using file = await openObject("uprobe.bpf.o");
await using object = await file.load();
const target = { kind: "uprobe", file: "libc.so.6", function: "getaddrinfo" } as const;
await using _link = await object.attach("on_lookup", target);
const events = object.ringBuffer({ name: "lookups", type: "ringbuf", event: lookup });
const options = { onError: console.error, keepAlive: true };
console.log("watching getaddrinfo; Ctrl-C ends it");
for await (const event of ringBufferEvents(events, options)) {
  console.log(event.name, "by", event.program, "process", event.process);
}
