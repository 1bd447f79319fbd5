import type { Kind, KubernetesObjects } from "../kinds.ts";
import type { Checker } from "./checker.ts";
import { checkDeployment } from "./deployment.ts";
import { checkEndpointSlice } from "./endpoint-slice.ts";
import { checkMetadata } from "./metadata.ts";
import { checkNetworkPolicy } from "./network-policy.ts";
import { checkNode } from "./node.ts";
import { checkPod } from "./pod.ts";
import { checkService } from "./service.ts";

type Checks = {
  readonly [K in Kind]: (checker: Checker, object: KubernetesObjects[K]) => void;
};

const checks: Checks = {
  Pod: checkPod,
  Deployment: checkDeployment,
  Node: checkNode,
  Namespace: () => undefined,
  Service: checkService,
  EndpointSlice: checkEndpointSlice,
  NetworkPolicy: checkNetworkPolicy,
};

/** Runs what the API server checks of an object of the kind, metadata first. */
export function checkObject<K extends Kind>(
  checker: Checker,
  kind: K,
  object: KubernetesObjects[K],
): void {
  checkMetadata(checker, kind, object.metadata);
  checks[kind](checker, object);
}
