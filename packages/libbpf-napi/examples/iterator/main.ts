/**
 * Lists the IPv4 sockets of TCP in this network namespace, as `ss -tan4` does. Linux 5.9.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c iterator.bpf.c -o iterator.bpf.o
 * node main.ts
 * ```
 */
import { createInterface } from "node:readline";
import { attachIterator, openObject, readIterator } from "libbpf-napi";

/** By the kernel's numbers; a request is a connection that is not accepted yet. */
const states =
  "- established syn-sent syn-received fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listening " +
  "closing request";
const names = states.split(" ");

await using file = await openObject("iterator.bpf.o");
await using object = await file.load();
await using link = await attachIterator(object.program("list"));
for await (const line of createInterface(readIterator(link))) {
  const [state, from = "", port = "", to = "", remotePort = "", user = ""] = line.split(" ");
  const row = [names[Number(state)] ?? "unknown", `${from}:${port}`, `${to}:${remotePort}`];
  console.log(row.map((cell) => cell.padEnd(22)).join(""), "user", user);
}
