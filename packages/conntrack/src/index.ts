/**
 * Connections followed by their packets: keys, states, timeouts, a bounded table that holds under a flood, and the
 * choice of ports for source NAT. In the kernel, by programs that track what passes; and as a model in TypeScript, to
 * which the programs are held, and which also reads captures.
 *
 * @module
 */
export type { Connection, ConnectionState, PerDirection, Scope } from "./connection.ts";
export { type ConnectionFilter, matchesFilter } from "./connection-filter.ts";
export type { Removal } from "./connection-table.ts";
export { type ConnectionRecord, recordConnection } from "./connection-record.ts";
export {
  type ConnectionReader,
  type Fill,
  openConnections,
  type PinnedConnections,
} from "./connection-reader.ts";
export {
  type Conntrack,
  type ConntrackDeps,
  type ConntrackOptions,
  createConntrack,
  type TrackOptions,
} from "./conntrack.ts";
export { ConntrackError, type ConntrackErrorCode } from "./conntrack-error.ts";
export {
  openConntrackObject,
  partsOf,
  setSweepReadsMemory,
  sizeTable,
  type TableSize,
} from "./conntrack-object.ts";
export type { Counters } from "./counters.ts";
export {
  createDeviceConntrack,
  type DeviceConntrack,
  type DeviceConntrackDeps,
  type DeviceConntrackOptions,
} from "./device-conntrack.ts";
export { type Fragment, observe, type Observation, type Unreadable } from "./observation.ts";
export { formatConnectionFilter, parseConnectionFilter } from "./filter-syntax.ts";
export { writeSourceNat } from "./kernel-nat.ts";
export {
  resolveSourceNat,
  type SourceNatDevice,
  type SourceNatOptions,
  type SourceNatSettings,
} from "./nat-options.ts";
export type { Invalid, Outcome, Refused, Stray, Tracked, Untracked } from "./outcome.ts";
export {
  createKernelConntrack,
  type KernelConntrack,
  type KernelConntrackDeps,
  type KernelConntrackOptions,
  lifetimesOf,
} from "./kernel-conntrack.ts";
export {
  connectionOfEntry,
  directionOf,
  type EntryFields,
  findEntry,
  isAlias,
  keyOfTuple,
} from "./kernel-entry.ts";
export { type OutcomeKind, outcomeOfNumber, removalOfNumber } from "./kernel-outcome.ts";
export type {
  ConntrackControlMaps,
  ConntrackMaps,
  ConntrackPrograms,
  SourceNatMaps,
} from "./kernel-maps.ts";
export { jiffiesOf, KernelTime } from "./kernel-time.ts";
export { flushConnections } from "./pinned-flush.ts";
export { readSourceNatCounters, type SourceNatCounters } from "./kernel-counters.ts";
export type { PortUsage } from "./port-ledger.ts";
export { candidatePorts, hashTuple, type PortRange, type PortSearch } from "./port-search.ts";
export type { RemovedConnection } from "./removals.ts";
export { sctpSignal, type Signal, tcpSignal } from "./signal.ts";
export type { Sweep, SweeperOptions } from "./sweeper.ts";
export { type Walk, type WalkOptions, walkTable, walkToEnd } from "./table-walk.ts";
export { bytesPerConnection, connectionsForMemory } from "./table-size.ts";
export {
  type AllTimeouts,
  resolveTimeouts,
  type TimeoutOptions,
  type Timeouts,
} from "./timeouts.ts";
export {
  connectionTuple,
  type Direction,
  formatTuple,
  reverseTuple,
  type Tuple,
  type TupleFields,
} from "./tuple.ts";
