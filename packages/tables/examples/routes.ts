import { silentLogger, systemClock } from "@heddle/contracts";
import { createReconciler, createTable, join, storeTarget } from "@heddle/tables";

const pods = createTable<string, { readonly node: string }>({ name: "pods" });
const nodes = createTable<string, string>({ name: "nodes" });
const desired$ = join(
  pods.changes$,
  nodes.changes$,
  (pod) => pod.node,
  (_, nodeAddress) => nodeAddress,
);

const routes = new Map([["10.0.0.9", "stale"]]); // a BPF map of libbpf-napi fits here
const deps = { desired$, target: storeTarget(routes), clock: systemClock, logger: silentLogger };
await using reconciler = createReconciler(deps, { name: "routes" });
await reconciler.start();

nodes.upsert("node-1", "192.0.2.1");
pods.upsert("10.0.0.1", { node: "node-1" });
for (const table of [pods, nodes]) table.markSynced();
await reconciler.whenSettled();
console.log(routes); // Map(1) { '10.0.0.1' => '192.0.2.1' }
