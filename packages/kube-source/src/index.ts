/**
 * Kubernetes objects as streams, from a watched folder of ordinary YAML, and the strict reader behind it.
 *
 * @module
 */
export { expandDeployment } from "./expand-deployment.ts";
export {
  createFolderSource,
  FolderSourceError,
  type FolderSourceDeps,
  type FolderSourceOptions,
} from "./folder-source.ts";
export { formatManifest } from "./format-manifest.ts";
export { allKinds, type Kind, type KubernetesObjects } from "./kinds.ts";
export type { LocatedObject, ManifestObject } from "./manifest-object.ts";
export { type ManifestOptions, type Manifests, parseManifests } from "./manifests.ts";
export {
  type ObjectSource,
  type ObjectStream,
  type SourceKind,
  sourceKinds,
} from "./object-source.ts";
export {
  formatObjectKey,
  isObjectKey,
  type ObjectKey,
  ObjectKeyError,
  type ObjectKeyParts,
  objectKeyParts,
  parseObjectKey,
} from "./object-key.ts";
export {
  formatLocation,
  formatProblem,
  ManifestError,
  type ProblemCode,
  type SourceLocation,
  type SourceProblem,
} from "./problem.ts";
