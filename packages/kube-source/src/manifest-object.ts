import { createChecker } from "./checks/checker.ts";
import { checkObject } from "./checks/checks.ts";
import { type DecodedObject, decodeModel, isDecodedObject } from "./decode.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { Finding, Report } from "./finding.ts";
import { defaultNamespace, type Kind, kindFacts, type KubernetesObjects } from "./kinds.ts";
import { formatObjectKey, type ObjectKey } from "./object-key.ts";
import type { SourceLocation } from "./problem.ts";
import { reportAt, type YamlNode } from "./yaml-node.ts";

/** An object of one kind, and where it came from. */
export interface LocatedObject<K extends Kind> {
  readonly kind: K;
  readonly key: ObjectKey;
  /** Frozen. `metadata.namespace` is set when the kind is namespaced, and only then. */
  readonly object: KubernetesObjects[K];
  /** Where the object's first field stands. */
  readonly location: SourceLocation;
}

/** An object of one of the kinds, to be narrowed by `kind`. */
export type ManifestObject<K extends Kind = Kind> = {
  readonly [One in K]: LocatedObject<One>;
}[K];

/** Gives the object that the node describes, or reports why it describes none. */
type Decode<K extends Kind> = (
  node: YamlNode,
  location: SourceLocation,
  report: Report,
) => ManifestObject<K> | undefined;

/** A decoder for each kind. */
export const decoders: { readonly [K in Kind]: Decode<K> } = {
  Pod: createDecoder("Pod"),
  Deployment: createDecoder("Deployment"),
  Node: createDecoder("Node"),
  Namespace: createDecoder("Namespace"),
  Service: createDecoder("Service"),
  EndpointSlice: createDecoder("EndpointSlice"),
  NetworkPolicy: createDecoder("NetworkPolicy"),
};

function createDecoder<K extends Kind>(
  kind: K,
): (node: YamlNode, location: SourceLocation, report: Report) => LocatedObject<K> | undefined {
  return (node, location, report) => {
    const findings: Finding[] = [];
    const collect: Report = (finding) => {
      findings.push(finding);
      report(finding);
    };
    const decoded = placeInNamespace(kind, decodeModel(kindFacts[kind].model, node, [], collect));
    if (!conforms(kind, decoded, findings)) return undefined;
    checkObject(createChecker(reportAt(node, collect)), kind, decoded);
    const { name, namespace } = decoded.metadata ?? {};
    if (findings.length > 0 || name === undefined) return undefined;
    const key = formatObjectKey({ name, namespace });
    return { kind, key, object: deepFreeze(decoded), location };
  };
}

/** The schema was made from the classes of `KubernetesObjects`, so what decoded without a finding is one. */
function conforms<K extends Kind>(
  _kind: K,
  decoded: unknown,
  findings: readonly Finding[],
): decoded is KubernetesObjects[K] {
  return decoded !== undefined && findings.length === 0;
}

/** As the API server does: the default namespace where one is needed, none for an object of the cluster. */
function placeInNamespace(kind: Kind, object: DecodedObject): DecodedObject {
  const metadata = object["metadata"];
  if (!isDecodedObject(metadata)) return object;
  const { ["namespace"]: namespace, ...rest } = metadata;
  if (!kindFacts[kind].namespaced) return { ...object, metadata: rest };
  const isNamed = namespace !== undefined && namespace !== "";
  return { ...object, metadata: { ...rest, namespace: isNamed ? namespace : defaultNamespace } };
}
