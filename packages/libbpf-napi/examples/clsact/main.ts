/**
 * Adds up the bytes that leave by a device, and shows the destinations that most went to. Linux 4.5.
 *
 * A filter stays when its process ends, so this one is removed when Ctrl-C ends the loop.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c clsact.bpf.c -o clsact.bpf.o
 * node main.ts eth0
 * ```
 */
import { setTimeout } from "node:timers/promises";
import { attachClsact, bytes, deviceIndex, openObject, u64 } from "libbpf-napi";

const [device = "lo"] = process.argv.slice(2);

const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

await using file = await openObject("clsact.bpf.o");
await using object = await file.load();
const ifindex = await deviceIndex(device);
await using _filter = await attachClsact(object.program("account"), { ifindex, hook: "egress" });

/** Bytes by IPv4 address, as the program counts them. */
const sent = object.map({ name: "sent", type: "lru_hash", key: bytes(4), value: u64 });
console.log(`adding up what leaves by ${device}; Ctrl-C ends it`);
while (!ended.signal.aborted) {
  await setTimeout(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  const rows = await Array.fromAsync(sent.entries());
  for (const [address, total] of rows.toSorted(([, a], [, b]) => Number(b - a)).slice(0, 10)) {
    console.log(address.join("."), Number(total), "bytes");
  }
}
