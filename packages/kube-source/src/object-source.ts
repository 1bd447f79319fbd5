import type { ChangeStream, StateStream } from "@heddle/contracts";
import type { Table } from "@heddle/tables";
import type { Kind, KubernetesObjects } from "./kinds.ts";
import type { ObjectKey } from "./object-key.ts";
import type { SourceProblem } from "./problem.ts";

/** The kinds that a node's dataplane follows. Deployments are for whoever plays their controller. */
export type SourceKind = Exclude<Kind, "Deployment">;

/** Every {@link SourceKind}. */
export const sourceKinds: readonly SourceKind[] = [
  "Pod",
  "Node",
  "Namespace",
  "Service",
  "EndpointSlice",
  "NetworkPolicy",
];

/** Objects of one kind, by their keys. */
export type ObjectStream<K extends SourceKind> = ChangeStream<ObjectKey, KubernetesObjects[K]>;

/**
 * Where Kubernetes objects come from, be it a folder of YAML or an API server.
 *
 * Each stream says `synced` once the source has seen everything there is. Objects are frozen, and an
 * object that has not changed is not published again. Each namespaced object names its namespace.
 */
export interface ObjectSource {
  readonly pods$: ObjectStream<"Pod">;
  readonly nodes$: ObjectStream<"Node">;
  readonly namespaces$: ObjectStream<"Namespace">;
  readonly services$: ObjectStream<"Service">;
  readonly endpointSlices$: ObjectStream<"EndpointSlice">;
  readonly networkPolicies$: ObjectStream<"NetworkPolicy">;
  /** What cannot be read at present. An object that was read before stays as it was meanwhile. */
  readonly problems$: StateStream<readonly SourceProblem[]>;
  /** What the streams tell of, to look at: `pod objects`, `node objects` and so on. */
  readonly tables: readonly Table<ObjectKey, unknown>[];
}
