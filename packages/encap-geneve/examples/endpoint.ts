// An end of tunnels: node endpoint.ts NAME DEVICE NODES.json, as root, until it is told to stop.
import { readFileSync } from "node:fs";
import { identity, parseIp, parsePrefix, silentLogger, systemClock } from "@heddle/contracts";
import { createGeneveTunnel, type TunnelNode } from "@heddle/encap-geneve";
import { createRtnetlink, sysctl } from "@heddle/rtnetlink";
import { createTable } from "@heddle/tables";

const [name = "", underlayDevice = "", file = ""] = process.argv.slice(2);

/** As the file has it: `{ "a": { "addresses": ["192.0.2.1"], "prefixes": ["10.1.0.0/24"], "own": ["10.1.0.1"] } }`. */
interface Entry {
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
  readonly own: readonly string[];
  readonly clusterId?: number;
  readonly checksums?: boolean;
}

const entries: Readonly<Record<string, Entry>> = JSON.parse(readFileSync(file, "utf8"));
const nodes = createTable<string, TunnelNode>({ name: "nodes" });
for (const [key, { addresses, prefixes }] of Object.entries(entries)) {
  nodes.upsert(key, {
    name: key,
    addresses: addresses.map(parseIp),
    podPrefixes: prefixes.map(parsePrefix),
  });
}
nodes.markSynced();

await using node = createRtnetlink();
await node.start();
const deps = {
  nodes$: nodes.changes$,
  node,
  settings: sysctl(),
  clock: systemClock,
  logger: silentLogger,
};
const own = entries[name];
const addresses = (own?.own ?? []).map(parseIp);
const underlay = own?.addresses[0]?.includes(":") === true ? 6 : 4;
await using tunnel = createGeneveTunnel(deps, {
  name,
  underlayDevice,
  underlay,
  addresses,
  identity: identity(4711),
  computesChecksums: own?.checksums ?? false,
  ...(own?.clusterId === undefined ? {} : { clusterId: own.clusterId }),
});
await tunnel.start();
console.log("ready");

const alive = setInterval(() => undefined, 1 << 30);
await new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
clearInterval(alive);
console.log(
  JSON.stringify(tunnel.counts(), (_, count: unknown) =>
    typeof count === "bigint" ? Number(count) : count,
  ),
);
