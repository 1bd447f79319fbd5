/**
 * Heddle's BPF programs in the kernel: loaded, attached, pinned, taken over by the next process, with
 * their maps for the packages that own them, their events and their counters.
 *
 * @module
 */
export type { PacketCount } from "./counters.ts";
export {
  createDatapath,
  type Datapath,
  type DatapathDeps,
  type DatapathOptions,
  defaultGateway,
  type Gateway,
} from "./datapath.ts";
export { DatapathError, type DatapathErrorCode } from "./datapath-error.ts";
export { type Epochs, nextEpoch } from "./epochs.ts";
export * from "./generated/bpf.ts";
export type { Prepare } from "./load.ts";
export type { NodeDevice } from "./node-devices.ts";
export { type Outcome, outcomeOf } from "./outcome.ts";
export type { PacketReport } from "./packet-events.ts";
export {
  type AttachmentKind,
  attachmentKinds,
  createPins,
  type DeviceHook,
  type DeviceRole,
  isExpendable,
  type PinnedAttachment,
  type Pins,
  pinsAt,
  schemaVersion,
  useOwnFilter,
} from "./pins.ts";
