import { CodedError, type IpAddress, isIp, parseIp, parsePrefix } from "@heddle/contracts";
import type { EndpointRequest } from "@heddle/endpoint";
import type { KubernetesObjects } from "@heddle/kube-source";
import type { ClusterNode } from "@heddle/routing";
import { annotations } from "./annotations.ts";

type Pod = KubernetesObjects["Pod"];
type Node = KubernetesObjects["Node"];

/** An annotation that does not mean anything. */
export class AnnotationError extends CodedError<"invalid-annotation"> {}

/** A node as the network sees it. Its addresses are those of type InternalIP, its prefixes the `podCIDRs`. */
export function clusterNode(node: Node): ClusterNode {
  const { podCIDRs, podCIDR } = node.spec ?? {};
  return {
    name: node.metadata?.name ?? "",
    addresses: (node.status?.addresses ?? [])
      .filter(({ type }) => type === "InternalIP")
      .map(({ address }) => parseIp(address)),
    podPrefixes: (podCIDRs ?? (podCIDR === undefined ? [] : [podCIDR])).map(parsePrefix),
  };
}

/** Whether the agent of the node has to connect the pod: it is here, it has a namespace of its own, it runs. */
export function isConnectedBy(nodeName: string, pod: Pod): boolean {
  const hasEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  return (
    pod.spec?.nodeName === nodeName &&
    pod.spec.hostNetwork !== true &&
    pod.metadata?.annotations?.[annotations.netns] !== undefined &&
    !hasEnded
  );
}

/**
 * What is asked for a pod of {@link isConnectedBy}.
 *
 * @throws {AnnotationError}
 */
export function endpointRequest(pod: Pod): EndpointRequest {
  const given = pod.metadata?.annotations ?? {};
  const netns = given[annotations.netns] ?? "";
  if (!netns.startsWith("/")) {
    throw annotationError(pod, annotations.netns, netns, "it is not an absolute path");
  }
  const list = given[annotations.addresses];
  return list === undefined ? { netns } : { netns, addresses: readAddresses(pod, list) };
}

/** The addresses of a pod by its status. */
export function podAddresses(pod: Pod): readonly IpAddress[] {
  const { podIPs, podIP } = pod.status ?? {};
  const texts = podIPs?.map(({ ip }) => ip) ?? (podIP === undefined ? [] : [podIP]);
  return texts.filter((text) => text !== undefined).filter(isIp);
}

function readAddresses(pod: Pod, list: string): readonly IpAddress[] {
  return list.split(",").map((text) => {
    try {
      return parseIp(text.trim());
    } catch (error) {
      const reason = error instanceof CodedError ? error.reason : String(error);
      throw annotationError(pod, annotations.addresses, text, reason);
    }
  });
}

function annotationError(pod: Pod, name: string, value: string, reason: string): AnnotationError {
  const { namespace = "default", name: podName = "" } = pod.metadata ?? {};
  return new AnnotationError({
    code: "invalid-annotation",
    operation: "connect pod",
    subject: `${namespace}/${podName}`,
    reason: `its annotation ${name} is ${JSON.stringify(value)}: ${reason}`,
    hint: "correct the annotation",
  });
}
