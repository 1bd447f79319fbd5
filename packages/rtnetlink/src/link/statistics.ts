import { type PayloadCodec, u64, u64Array } from "../netlink/payload.ts";
import { struct, type Struct } from "../netlink/struct.ts";

/** A device's counters since it was made, `struct rtnl_link_stats64` of linux/if_link.h. */
export interface LinkStatistics {
  readonly receivedPackets: bigint;
  readonly sentPackets: bigint;
  /** Without the frame check sequence. */
  readonly receivedBytes: bigint;
  readonly sentBytes: bigint;
  readonly receiveErrors: bigint;
  readonly sendErrors: bigint;
  /** For want of room or of a listener, after they were received whole. */
  readonly receiveDropped: bigint;
  readonly sendDropped: bigint;
  readonly multicast: bigint;
  readonly collisions: bigint;
  readonly receiveLengthErrors: bigint;
  readonly receiveOverErrors: bigint;
  readonly receiveCrcErrors: bigint;
  readonly receiveFrameErrors: bigint;
  readonly receiveFifoErrors: bigint;
  readonly receiveMissedErrors: bigint;
  readonly sendAbortedErrors: bigint;
  readonly sendCarrierErrors: bigint;
  readonly sendFifoErrors: bigint;
  readonly sendHeartbeatErrors: bigint;
  readonly sendWindowErrors: bigint;
  readonly receiveCompressed: bigint;
  readonly sendCompressed: bigint;
  /** For want of anything that listens on the device. Since Linux 4.6. */
  readonly receiveNoHandler: bigint;
  /** Addressed to another machine. Since Linux 5.19; 0 on older kernels. */
  readonly receiveOtherHostDropped: bigint;
}

const layout: Struct<LinkStatistics> = struct({
  receivedPackets: u64,
  sentPackets: u64,
  receivedBytes: u64,
  sentBytes: u64,
  receiveErrors: u64,
  sendErrors: u64,
  receiveDropped: u64,
  sendDropped: u64,
  multicast: u64,
  collisions: u64,
  receiveLengthErrors: u64,
  receiveOverErrors: u64,
  receiveCrcErrors: u64,
  receiveFrameErrors: u64,
  receiveFifoErrors: u64,
  receiveMissedErrors: u64,
  sendAbortedErrors: u64,
  sendCarrierErrors: u64,
  sendFifoErrors: u64,
  sendHeartbeatErrors: u64,
  sendWindowErrors: u64,
  receiveCompressed: u64,
  sendCompressed: u64,
  receiveNoHandler: u64,
  receiveOtherHostDropped: u64,
});

/** The counters in the kernel's order; kernels append new ones. */
export const countersCodec: PayloadCodec<readonly bigint[]> = u64Array;

/** The counters by name: those that an older kernel lacks are 0, those of a newer one are left out. */
export function statisticsFrom(counters: readonly bigint[]): LinkStatistics | undefined {
  const bytes = new Uint8Array(layout.size);
  bytes.set(u64Array.encode(counters, "stats64").subarray(0, layout.size));
  return layout.decode(bytes);
}
