/**
 * Tells of each TCP connection of a cgroup when it ends: how much went each way, how long a round trip took,
 * how much was sent again. Linux 5.8.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c sockops.bpf.c -o sockops.bpf.o
 * node main.ts /sys/fs/cgroup/system.slice
 * ```
 */
import { attachCgroup, openObject, ringBufferEvents, structOf, u32, u64 } from "libbpf-napi";

const [path = "/sys/fs/cgroup"] = process.argv.slice(2);

/** `struct connection` of the program. */
const connection = structOf({
  sent: u64,
  received: u64,
  localPort: u32,
  remotePort: u32,
  roundTrip: u32,
  retransmitted: u32,
});

await using file = await openObject("sockops.bpf.o");
await using object = await file.load();
await using _link = await attachCgroup(object.program("watch"), { path, type: "sock_ops" });
const events = object.ringBuffer({ name: "ended", type: "ringbuf", event: connection });
const options = { onError: console.error, keepAlive: true };
console.log(`watching connections of ${path}; Ctrl-C ends it`);
for await (const ended of ringBufferEvents(events, options)) {
  const { localPort, remotePort, sent, received, roundTrip, retransmitted } = ended;
  console.log("from port", localPort, "to port", remotePort);
  console.log("  bytes sent:", Number(sent), "received:", Number(received));
  console.log("  round trip:", roundTrip, "µs, sent again:", retransmitted, "packets");
}
