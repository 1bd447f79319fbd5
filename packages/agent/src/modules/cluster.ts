import { isDeepStrictEqual } from "node:util";
import type { Health, StateStream } from "@heddle/contracts";
import { createFolderSource, formatProblem, type ObjectSource } from "@heddle/kube-source";
import { collect, distinct, filterValues, mapValues, successes } from "@heddle/tables";
import { clusterNode, endpointRequest, isConnectedBy } from "../cluster.ts";
import { type Module, provide } from "../composition/index.ts";
import { mapState } from "../map-state.ts";
import { tokens } from "./tokens.ts";

/** The cluster's objects, from a folder, and what of them concerns this node. */
export const clusterModule: Module = {
  name: "cluster",
  providers: [
    provide(tokens.objects, (get) => {
      // Asked for before anything else is started, the API tells what the agent waits for.
      get(tokens.api);
      const { objects: path } = get(tokens.config);
      const source = createFolderSource(
        { clock: get(tokens.clock), logger: get(tokens.logger) },
        { path, accepted: ["Pod", "Node", "Namespace"], consumer: "the agent" },
      );
      get(tokens.health).add("objects", objectsHealth(source));
      get(tokens.tables).add(() => source.tables);
      return source;
    }),
    provide(tokens.nodes, (get) => {
      const { nodes$ } = get(tokens.objects);
      const nodes = successes(distinct(mapValues(nodes$, clusterNode), isDeepStrictEqual));
      const collection = collect(nodes, { name: "nodes" });
      get(tokens.tables).add(() => [collection.table]);
      return collection;
    }),
    provide(tokens.requests, (get) => {
      const { pods$ } = get(tokens.objects);
      const { nodeName } = get(tokens.config);
      const own$ = filterValues(pods$, (pod) => isConnectedBy(nodeName, pod));
      const requests$ = distinct(mapValues(own$, endpointRequest), isDeepStrictEqual);
      const collection = collect(requests$, { name: "endpoint requests" });
      get(tokens.tables).add(() => [collection.table]);
      return collection;
    }),
  ],
};

function objectsHealth({ problems$ }: ObjectSource): StateStream<Health> {
  return mapState(problems$, (problems): Health => {
    const [first] = problems;
    if (first === undefined) return { level: "ok", message: "all files are understood" };
    const count = `${String(problems.length)} ${problems.length === 1 ? "problem" : "problems"}`;
    return { level: "degraded", message: `${count}, the first: ${formatProblem(first)}` };
  });
}
