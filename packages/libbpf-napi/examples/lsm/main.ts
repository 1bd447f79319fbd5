/**
 * Audits which files are opened below a folder, by whom. Linux 5.11, started with `bpf` among its security
 * modules (`cat /sys/kernel/security/lsm`).
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c lsm.bpf.c -o lsm.bpf.o
 * node main.ts /etc
 * ```
 */
import { openObject, ringBufferEvents, structOf, text, u32 } from "libbpf-napi";

const [folder = "/etc"] = process.argv.slice(2);

/** `struct opened` of the program. */
const opened = structOf({ process: u32, user: u32, program: text(16), path: text(256) });

await using file = await openObject("lsm.bpf.o");
await using object = await file.load();
await using _link = await object.attach("audit");
const events = object.ringBuffer({ name: "files", type: "ringbuf", event: opened });
const options = { onError: console.error, keepAlive: true };
console.log(`watching files of ${folder}; Ctrl-C ends it`);
for await (const { path, program, ...by } of ringBufferEvents(events, options)) {
  if (!path.startsWith(folder)) continue;
  console.log(path, "by", program, "process", by.process, "user", by.user);
}
