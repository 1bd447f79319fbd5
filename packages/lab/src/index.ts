/**
 * A cluster of network namespaces on one machine: nodes on an underlay, pods with processes in them, and a
 * host outside of the cluster. Every node runs the real agent.
 *
 * @module
 */
export type { Applied } from "./apply.ts";
export { defaultPort } from "./containers.ts";
export type { LabImpairment } from "./impair/impair-lab.ts";
export {
  type ImpairedDirection,
  type Impairment,
  parseShare,
  parseTime,
} from "./impair/impairment.ts";
export type { Lab, LabCommand, LabNodeStatus, LabPodStatus, LabProbe } from "./lab.ts";
export { LabError, type LabErrorCode } from "./lab-error.ts";
export { labNames } from "./lab-folder.ts";
export { openLab } from "./open-lab.ts";
export type { LabAttachment, LabOptions, LabRouting } from "./lab-options.ts";
export { parseAgentOptions, parseFamilies, parseNodeMtus } from "./read-options.ts";
export { type DialResult, type DialTarget } from "./probe/dial.ts";
export { labDown, labUp, type LabUpOptions } from "./up-down.ts";
