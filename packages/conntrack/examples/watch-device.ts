// The connections of a device, every second, without an agent: node watch-device.ts eth0
import { setInterval } from "node:timers/promises";
import { createDeviceConntrack, formatTuple } from "@heddle/conntrack";
import { silentLogger, systemClock } from "@heddle/contracts";
import { deviceIndex } from "libbpf-napi";

const [, , device = "eth0"] = process.argv;
const deps = { clock: systemClock, logger: silentLogger };
const options = { devices: [await deviceIndex(device)], ceiling: 65_536 };
await using conntrack = createDeviceConntrack(deps, options);
await conntrack.start();
for await (const _ of setInterval(1000)) {
  for await (const { original, state, expires, packets } of conntrack.connections.connections()) {
    const left = Math.round((expires - systemClock.monotonic()) / 1000);
    const total = packets.original + packets.reply;
    console.log(formatTuple(original), state, `${String(left)} s`, `${String(total)} packets`);
  }
}
