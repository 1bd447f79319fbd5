/**
 * libbpf for Node: load, attach, pin and talk to eBPF from TypeScript.
 *
 * @module
 */
export { type ArenaSpec, createArena, type KernelArena } from "./arena.ts";
export { attachCgroup, queryCgroup } from "./attach-cgroup.ts";
export { attachClsact, openClsact, queryClsact } from "./attach-clsact.ts";
export { attachIterator, readIterator } from "./attach-iterator.ts";
export { attachNetfilter } from "./attach-netfilter.ts";
export { attachNetkit } from "./attach-netkit.ts";
export { attachNetns } from "./attach-netns.ts";
export { attachSocket, detachSocket } from "./attach-socket.ts";
export { attachSockmap } from "./attach-sockmap.ts";
export { attachTc } from "./attach-tc.ts";
export { attachTcx, queryTcx } from "./attach-tcx.ts";
export type * from "./attach-target-types.ts";
export { attachXdp } from "./attach-xdp.ts";
export { ipv4Codec, ipv6Codec, macCodec, mappedIpCodec } from "./address-codecs.ts";
export * from "./btf/index.ts";
export { bitfield } from "./bits-codec.ts";
export { type BtfValue, codecOfLayout } from "./btf-codec.ts";
export { type Codec, decodeFromBytes, encodeToBytes } from "./codec.ts";
export * from "./codecs.ts";
export { deviceIndex, type DeviceIndexOptions } from "./device-index.ts";
export {
  BpfError,
  type BpfErrorCode,
  type BpfErrorParts,
  UnsupportedFeatureError,
  VerifierError,
} from "./errors.ts";
export { type KernelFeatures, kernelFeatures, kernelHelpers } from "./kernel-features.ts";
export type { Handle } from "./handle.ts";
export { createMap, createPerCpuMap, possibleCpus } from "./kernel-map.ts";
export { createBloomFilter, createQueue } from "./kernel-queue.ts";
export { openLinkById, openPinnedLink } from "./link.ts";
export type * from "./link-info-types.ts";
export type * from "./attachment-types.ts";
export type * from "./hook-types.ts";
export type * from "./iterator-types.ts";
export type * from "./link-types.ts";
export { linkObjects } from "./linker.ts";
export { loadObject, type LoadOptions, type MapOptions } from "./load-object.ts";
export type { MapTraits } from "./map-check.ts";
export type * from "./map-types.ts";
export { mapMemory, type MappedMemory } from "./mapped-memory.ts";
export { createMemoryMap, createMemoryPerCpuMap } from "./memory-map.ts";
export { createMemoryBloomFilter, createMemoryQueue } from "./memory-queue.ts";
export { createMemoryReferenceMap, type MemoryReferenceOptions } from "./memory-reference.ts";
export { createMemoryRingBuffer, type MemoryRingBuffer } from "./memory-ring-buffer.ts";
export { createMemoryStorageMap } from "./memory-storage.ts";
export { createMemoryUserRingBuffer, type MemoryUserRingBuffer } from "./memory-user-ring.ts";
export { openObject } from "./object.ts";
export type * from "./object-types.ts";
export { createPerfBuffer, openPerfBuffer, type PerfBufferReader } from "./perf-buffer.ts";
export type * from "./perf-buffer-types.ts";
export { listPins } from "./list-pins.ts";
export type * from "./pin-types.ts";
export { isBpffs, mountBpffs, unpin } from "./pin.ts";
export {
  openPinnedBloomFilter,
  openPinnedMap,
  openPinnedPerCpuMap,
  openPinnedPerfBuffer,
  openPinnedQueue,
  openPinnedReferenceMap,
  openPinnedRingBuffer,
  openPinnedStorageMap,
  openPinnedUserRingBuffer,
  pinnedMapInfo,
} from "./pinned-map.ts";
export { type FeatureName, type FeatureProbe, probe } from "./probe.ts";
export { openPinnedProgram, openProgramById } from "./program.ts";
export type * from "./program-types.ts";
export type * from "./queue-types.ts";
export { openDecodedMap, openMapById, openRawMap } from "./raw-map.ts";
export type * from "./raw-map-types.ts";
export { type EventCodec, type RecordCodec, recordView, wholeRecord } from "./record-codec.ts";
export { createReferenceMap } from "./reference-map.ts";
export type * from "./reference-types.ts";
export { openRingBuffer, type RingBufferOptions, type RingBufferReader } from "./ring-buffer.ts";
export {
  type EventObservable,
  type EventObserver,
  type EventSubscription,
  ringBufferObservable,
  ringBufferStream,
} from "./ring-buffer-adapters.ts";
export { ringBufferEvents, type RingBufferEventsOptions } from "./ring-buffer-events.ts";
export { socketDescriptor } from "./socket-descriptor.ts";
export type * from "./spec.ts";
export { createStorageMap } from "./storage-map.ts";
export type * from "./storage-types.ts";
export { structOf } from "./struct-codec.ts";
export { openTask, type Task } from "./task.ts";
export { text } from "./text-codec.ts";
export { enableProgramStats, type ProgramStats } from "./program-stats.ts";
export {
  createUserRingBuffer,
  type KernelUserRingBuffer,
  openUserRingBuffer,
  type ReservedEvent,
  type UserRingBuffer,
  type UserRingBufferSpec,
  type UserRingBufferWriter,
} from "./user-ring-buffer.ts";
export type { SourceLine } from "./verifier-log.ts";
export { btfs, links, maps, openMapHandleById, programs, readBtf } from "./walk.ts";
export type * from "./walk-types.ts";
