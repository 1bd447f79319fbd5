// One sweep of a table of connections, all of which live; and one when all of them are dead.
import { ipv4FromNumber, parseIp } from "@heddle/contracts";
import { openConntrackObject, partsOf, sizeTable, walkToEnd } from "@heddle/conntrack";
import {
  type Connection,
  connectionCodec,
  type ConnectionKey,
  connectionKeyCodec,
} from "@heddle/conntrack/bpf";
import { decodeFromBytes, type LoadedObject } from "libbpf-napi";
import { runMeasurement } from "../measurement.ts";

const never = 2n ** 63n;
const server = parseIp("203.0.113.1");
/** 10.0.0.0, the first of the clients' addresses. */
const clients = 0x0a_00_00_00;

await runMeasurement(async ({ size, own, report }) => {
  const { maps, programs } = partsOf(await own(load(size)));
  const settings = maps.settings.get(0);
  if (settings === undefined) throw new Error("there are no settings");
  // Time stands still until it is set.
  const at = (jiffies: bigint): void => {
    maps.settings.set(0, { ...settings, clockMask: 0n, clockOffset: jiffies, limit: BigInt(size) });
  };
  at(1n);
  await maps.connections.setMany(entries(size));
  report("living", await sweep(size, "visited"));
  at(never);
  report("dead", await sweep(size, "expired"));

  async function sweep(wanted: number, count: "expired" | "visited"): Promise<number> {
    const started = performance.now();
    let found = 0;
    for await (const walk of walkToEnd(programs)) found += walk[count];
    const time = performance.now() - started;
    if (found !== wanted) throw new Error(`${String(found)} of ${String(wanted)} ${count}`);
    return time;
  }
});

async function load(ceiling: number): Promise<LoadedObject> {
  using object = await openConntrackObject();
  sizeTable(object, { ceiling });
  return await object.load();
}

/** Connections of as many clients of one server. */
function* entries(count: number): Generator<[ConnectionKey, Connection]> {
  const key = decodeFromBytes(connectionKeyCodec, new Uint8Array(connectionKeyCodec.size));
  const value = decodeFromBytes(connectionCodec, new Uint8Array(connectionCodec.size));
  const connection: Connection = { ...value, word: 1n << 24n, expires: never };
  for (let index = 0; index < count; index++) {
    const address = [ipv4FromNumber(clients + index), server];
    yield [{ ...key, address, port: [40_000, 443], protocol: 6 }, connection];
  }
}
