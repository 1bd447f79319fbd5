import type {
  V1Deployment,
  V1EndpointSlice,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1Pod,
  V1Service,
} from "@kubernetes/client-node";

/** The kinds of object that can be read, with the client's classes that describe them. */
export interface KubernetesObjects {
  readonly Pod: V1Pod;
  readonly Deployment: V1Deployment;
  readonly Node: V1Node;
  readonly Namespace: V1Namespace;
  readonly Service: V1Service;
  readonly EndpointSlice: V1EndpointSlice;
  readonly NetworkPolicy: V1NetworkPolicy;
}

export type Kind = keyof KubernetesObjects;

interface KindFacts {
  readonly apiVersion: string;
  /** The model's name in the generated schema. */
  readonly model: string;
  /** Whether objects of the kind live in a namespace; the others belong to the cluster. */
  readonly namespaced: boolean;
}

export const kindFacts: Readonly<Record<Kind, KindFacts>> = {
  Pod: { apiVersion: "v1", model: "V1Pod", namespaced: true },
  Deployment: { apiVersion: "apps/v1", model: "V1Deployment", namespaced: true },
  Node: { apiVersion: "v1", model: "V1Node", namespaced: false },
  Namespace: { apiVersion: "v1", model: "V1Namespace", namespaced: false },
  Service: { apiVersion: "v1", model: "V1Service", namespaced: true },
  EndpointSlice: { apiVersion: "discovery.k8s.io/v1", model: "V1EndpointSlice", namespaced: true },
  NetworkPolicy: { apiVersion: "networking.k8s.io/v1", model: "V1NetworkPolicy", namespaced: true },
};

/** Every kind that can be read. */
export const allKinds: readonly Kind[] = [
  "Pod",
  "Deployment",
  "Node",
  "Namespace",
  "Service",
  "EndpointSlice",
  "NetworkPolicy",
];

/** The namespace of a namespaced object that names none. */
export const defaultNamespace = "default";

export function isKind(text: string): text is Kind {
  return Object.hasOwn(kindFacts, text);
}
