/**
 * Drops what comes from some addresses, before the rules of nftables and iptables see it. Linux 6.4.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c netfilter.bpf.c -o netfilter.bpf.o
 * node main.ts 192.0.2.1 192.0.2.2
 * ```
 */
import { setInterval } from "node:timers/promises";
import { attachNetfilter, bytes, openObject, u64 } from "libbpf-napi";

const addresses = process.argv.slice(2);

await using file = await openObject("netfilter.bpf.o");
await using object = await file.load();

/** Packets that were dropped, by address. */
const blocked = object.map({ name: "blocked", type: "hash", key: bytes(4), value: u64 });
for (const address of addresses) blocked.set(Uint8Array.from(address.split("."), Number), 0n);
const place = { family: "ipv4", hook: "prerouting", priority: -300 } as const;
await using _link = await attachNetfilter(object.program("block"), place);
console.log(`blocking ${addresses.join(", ")}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) {
  for await (const [address, packets] of blocked.entries()) {
    console.log(address.join("."), Number(packets), "packets");
  }
}
