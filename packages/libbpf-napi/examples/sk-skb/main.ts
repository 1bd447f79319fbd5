/**
 * A proxy of TCP whose bytes do not pass through its process: once both connections are paired, the kernel
 * hands on what comes in. Linux 5.13.
 *
 * ```sh
 * clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c sk-skb.bpf.c -o sk-skb.bpf.o
 * node main.ts 9000 127.0.0.1 80
 * ```
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { setInterval } from "node:timers/promises";
import { attachSockmap, openObject, socketDescriptor, structOf, u32 } from "libbpf-napi";

const [port = "9000", host = "127.0.0.1", target = "80"] = process.argv.slice(2);

/** `struct ends` of the program. */
const ends = structOf({ local: u32, remote: u32 });

await using file = await openObject("sk-skb.bpf.o");
await using object = await file.load();
const sockets = object.referenceMap({ name: "sockets", type: "sockhash", key: ends });
const pairs = object.map({ name: "pairs", type: "hash", key: ends, value: ends });
await using _verdict = await attachSockmap(object.program("forward"), {
  map: sockets,
  hook: "skb_verdict",
});

const endsOf = ({ localPort = 0, remotePort = 0 }: Socket) => ({
  local: localPort,
  remote: remotePort,
});

/** What came in before goes through the process. Sockets leave their map when they are closed. */
function pair(client: Socket, upstream: Socket): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    pairs.set(endsOf(one), endsOf(other));
    sockets.set(endsOf(one), socketDescriptor(one));
    const forget = endsOf(one);
    pipeline(one, other, () => pairs.delete(forget));
  }
}

const server = createServer((client) => {
  const upstream = connect(Number(target), host, () => pair(client, upstream));
  upstream.on("error", () => client.destroy());
});
await once(server.listen(Number(port)), "listening");
const forwarded = object.variable(object.findVariable("forwarded"));
console.log(`port ${port} is a proxy of ${host}:${target}; Ctrl-C ends it`);
for await (const _ of setInterval(1000)) console.log("forwarded:", Number(forwarded.get()));
