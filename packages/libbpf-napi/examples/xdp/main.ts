/**
 * Drops what comes in at a device from some IPv4 prefixes, before the kernel makes anything of it, and shows each second how
 * many packets there were. Linux 5.9.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c xdp.bpf.c -o xdp.bpf.o
 * node main.ts eth0 192.0.2.0/24 198.51.100.7/32
 * ```
 */
import { setTimeout as delay } from "node:timers/promises";
import { attachXdp, bytes, deviceIndex, openObject, structOf, u32, u64 } from "libbpf-napi";

const [device = "lo", ...prefixes] = process.argv.slice(2);

/** `struct prefix`; the address is in the order of the network. */
const prefix = structOf({ length: u32, address: bytes(4) });

function parsePrefix(text: string) {
  const [address = "", length = "32"] = text.split("/");
  return { length: Number(length), address: Uint8Array.from(address.split(".").map(Number)) };
}

const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

await using file = await openObject("xdp.bpf.o");
await using object = await file.load();
const blocked = object.map({ name: "blocked", type: "lpm_trie", key: prefix, value: u64 });
await blocked.setMany(prefixes.map((text) => [parsePrefix(text), 0n] as const));
const ifindex = await deviceIndex(device);
await using _link = await attachXdp(object.program("block"), { ifindex });
console.log(`dropping what comes in at ${device} from ${prefixes.join(", ")}; Ctrl-C ends it`);

while (!ended.signal.aborted) {
  await delay(1000, undefined, { signal: ended.signal }).catch(() => undefined);
  for await (const [{ address, length }, packets] of blocked.entries()) {
    console.log(`${address.join(".")}/${String(length)} ${String(packets)} packets`);
  }
}
