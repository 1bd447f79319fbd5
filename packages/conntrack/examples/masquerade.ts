// A masquerading router, without an agent: node masquerade.ts eth0 192.0.2.10 10.0.0.0/16
import { setInterval } from "node:timers/promises";
import { createDeviceConntrack } from "@heddle/conntrack";
import { isIp, isPrefix, silentLogger, systemClock } from "@heddle/contracts";
import { deviceIndex } from "libbpf-napi";

const [, , device = "eth0", ...rest] = process.argv;
const sourceNat = { addresses: rest.filter(isIp), sources: rest.filter(isPrefix) };
const deps = { clock: systemClock, logger: silentLogger };
const options = { devices: [await deviceIndex(device)], ceiling: 65_536, sourceNat };
await using conntrack = createDeviceConntrack(deps, options);
await conntrack.start();
for await (const _ of setInterval(1000)) {
  for await (const { destination, used, capacity } of conntrack.connections.portUsage()) {
    console.log(`${destination}: ${String(used)} of ${String(capacity)} ports`);
  }
}
