import { createHash } from "node:crypto";
import type { V1Deployment, V1ObjectMeta, V1OwnerReference, V1Pod } from "@kubernetes/client-node";
import { deepFreeze } from "./deep-freeze.ts";
import { defaultNamespace } from "./kinds.ts";

/** Longest pod name, so that it can be a host name. */
const maxNameLength = 63;
const hashLength = 8;
/** Room for the number of any replica, so that a pod's name does not depend on how many there are. */
const ordinalLength = 5;

/**
 * The pods that a deployment stands for, where no controllers run.
 *
 * They are what the Deployment and ReplicaSet controllers would make, but with names that can be
 * foretold: pod `i` of deployment `web` is `web-HASH-i`, where HASH is made of the deployment's name and
 * template. So the same deployment always gives the same pods, more replicas leave those that are there
 * alone, and another template gives other pods. A long deployment name is cut, so that a pod's name has
 * at most 63 characters.
 *
 * The pods carry the label `pod-template-hash` and an owner reference to the ReplicaSet `web-HASH`, which
 * itself is not made. They are frozen, and share the template's spec, which is frozen with them.
 *
 * @param deployment - As `parseManifests` gives it; without a name or a template it stands for no pods.
 */
export function expandDeployment(deployment: V1Deployment): readonly V1Pod[] {
  const { metadata, spec } = deployment;
  const podSpec = spec?.template.spec;
  if (metadata?.name === undefined || spec === undefined || podSpec === undefined) return [];
  const namespace = metadata.namespace ?? defaultNamespace;
  const hash = digest([metadata.name, spec.template]).slice(0, hashLength);
  const room = maxNameLength - hashLength - ordinalLength - "--".length;
  const replicaSet = `${metadata.name.slice(0, room).replace(/[-.]+$/, "")}-${hash}`;
  const owner: V1OwnerReference = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: replicaSet,
    uid: uuidOf(["ReplicaSet", namespace, replicaSet]),
    controller: true,
    blockOwnerDeletion: true,
  };
  const { annotations, labels } = spec.template.metadata ?? {};
  return Array.from({ length: spec.replicas ?? 1 }, (_, ordinal): V1Pod => {
    const own: V1ObjectMeta = {
      name: `${replicaSet}-${String(ordinal)}`,
      namespace,
      labels: { ...labels, "pod-template-hash": hash },
      ownerReferences: [owner],
    };
    if (annotations !== undefined) own.annotations = annotations;
    return deepFreeze({ apiVersion: "v1", kind: "Pod", metadata: own, spec: podSpec });
  });
}

/** A UUID made of a digest (version 8, RFC 9562 section 5.8). */
function uuidOf(value: unknown): string {
  const hex = digest(value);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** SHA-256 in hexadecimal of JSON data, whatever the order of its fields. */
function digest(value: unknown): string {
  const json = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return createHash("sha256").update(json).digest("hex");
}
