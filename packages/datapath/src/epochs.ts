import type { KeyedMap } from "libbpf-napi";
import { EpochSlot } from "./generated/bpf.ts";

/**
 * The counters that ways of connections are decided under. When one moves on, every way that was decided under it
 * is decided anew, at its next packet.
 */
export interface Epochs {
  /** The first slot that an endpoint may have; slots below it have other meanings. */
  readonly firstSlot: number;
  /** The last slot. */
  readonly lastSlot: number;
  /** The epoch of a slot, 0 to 2^32 - 1; it wraps around. */
  get(slot: number): number;
  /** Makes `epoch` the slot's. To be called after the state that the slot stands for was written. */
  set(slot: number, epoch: number): void;
  /** To be called after routes, neighbours, addresses or devices of the node have changed. */
  routesChanged(): void;
}

/** The epoch after this one. */
export function nextEpoch(epoch: number): number {
  return (epoch + 1) >>> 0;
}

/** Epochs in the map `epochs`. */
export function createEpochs(map: KeyedMap<number, number>): Epochs {
  return {
    firstSlot: EpochSlot.endpoints,
    get lastSlot() {
      return map.maxEntries - 1;
    },
    get: (slot) => map.get(slot) ?? 0,
    set: (slot, epoch) => map.set(slot, epoch),
    routesChanged: () => {
      map.set(EpochSlot.routes, nextEpoch(map.get(EpochSlot.routes) ?? 0));
    },
  };
}
