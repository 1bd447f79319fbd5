import { type IpAddress, parseIp, silentLogger, systemClock } from "@heddle/contracts";
import { createNdpResponder, ndpDevices } from "@heddle/ipv6-ndp";
import { createRtnetlink } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { createTable } from "@heddle/tables";

const [device = "eth0", ...given] = process.argv.slice(2);
const addresses = createTable<IpAddress, unknown>({ name: "addresses" });
for (const text of given) addresses.upsert(parseIp(text), undefined);
addresses.markSynced();

await using node = createRtnetlink();
await using monitor = createRtnetlinkMonitor({}, { kinds: ["links", "addresses"] });
await Promise.all([node.start(), monitor.start()]);
await using responder = createNdpResponder(
  {
    addresses$: addresses.changes$,
    devices$: ndpDevices(monitor, ({ name }) => name === device),
    neighbours: node.neighbours,
    clock: systemClock,
    logger: silentLogger,
  },
  { protocol: 77 },
);
await responder.start();
console.log(`answering on ${device}; Ctrl-D ends it`);
for await (const _ of process.stdin);
console.log(responder.counters());
