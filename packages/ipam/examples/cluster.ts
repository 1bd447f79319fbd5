import { parsePrefix, systemClock } from "@heddle/contracts";
import {
  createIpam,
  createMemoryStore,
  createPrefixSupply,
  createSharedPool,
  type NodeBlock,
  nodeSource,
  type SharedConfig,
} from "@heddle/ipam";

// Each node runs this over the same stores: in memory here, in files or behind the Kubernetes API elsewhere.
const stores = {
  blocks: createMemoryStore<NodeBlock>(),
  configs: createMemoryStore<SharedConfig>(),
};
await using cluster = createSharedPool(
  { ...stores, clock: systemClock },
  { prefixes: [{ prefix: parsePrefix("10.0.0.0/8"), nodeLength: 28 }], strategy: "first-free" },
);
await cluster.start();

const ipam = createIpam({ clock: systemClock }, { prefixes: [] });
await using supply = createPrefixSupply(
  { ipam, source: nodeSource(cluster, "node-1"), clock: systemClock },
  { families: [4], preAllocate: 8 },
);
await supply.start();

for (let pod = 0; pod < 20; pod++) await supply.allocate(`default/web-${String(pod)}`, [4]);
console.log(ipam.usage$.value.map(({ prefix, used }) => `${prefix}: ${String(used)}`).join(", "));
// 10.0.0.0/28: 14, 10.0.0.16/28: 6
