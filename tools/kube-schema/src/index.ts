/**
 * Generates `packages/kube-source/src/generated/schema.ts`: every field of the Kubernetes objects that
 * Heddle reads, with its type, whether it is required, and its allowed values.
 *
 * The fields come from the models of `@kubernetes/client-node`, which come from the API's own
 * description; what the models do not know (allowed values, which strings are quantities) is in
 * `facts.ts` and is checked against them.
 *
 * @module
 */
export { KubeSchemaError, type KubeSchemaErrorCode } from "./error.ts";
export { type EnumFact, type Facts, knownFacts } from "./facts.ts";
export { createModelLoader, type Model, type ModelField, type ModelLoader } from "./model.ts";
export { generateSchema, renderSchema, rootModels, type Schema } from "./schema.ts";
