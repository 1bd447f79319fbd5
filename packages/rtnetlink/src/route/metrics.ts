import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { flagSet, type FlagSet } from "../netlink/enumeration.ts";
import { flags, text, truth, u32 } from "../netlink/payload.ts";

/** What TCP and path discovery assume of a route, `RTAX_*` of linux/rtnetlink.h. */
export interface RouteMetrics extends UnknownAttributes {
  /** The largest packet, in bytes, IP header included. */
  readonly mtu?: number;
  /** The largest TCP segment to announce, in bytes. */
  readonly advertisedMss?: number;
  /** The largest TCP window to announce, in bytes. */
  readonly window?: number;
  /** The round-trip time to begin with, in units of 1/8 ms. */
  readonly rtt?: number;
  /** Its variance, in units of 1/4 ms. */
  readonly rttVariance?: number;
  /** In segments. */
  readonly slowStartThreshold?: number;
  /** The upper limit of the congestion window, in segments; has an effect only when locked. */
  readonly congestionWindow?: number;
  /** In segments. */
  readonly initialCongestionWindow?: number;
  /** In segments. */
  readonly initialReceiveWindow?: number;
  /** How many segments may overtake one another before one counts as lost. */
  readonly reordering?: number;
  /** Hop limit, or time to live, of what is sent. */
  readonly hopLimit?: number;
  /** In milliseconds. */
  readonly minimumRto?: number;
  /** A bit each: 1 is ECN; others by linux/rtnetlink.h. */
  readonly features?: number;
  readonly quickAck?: boolean;
  /** The name of the congestion control algorithm. */
  readonly congestionControl?: string;
  readonly fastOpenNoCookie?: boolean;
  /** The metrics that path discovery must not change. */
  readonly lock?: readonly LockedMetric[];
}

/** A metric that can be locked; an unnamed one is its bit. */
export type LockedMetric = LockedMetricName | number;
type LockedMetricName =
  | "mtu"
  | "window"
  | "rtt"
  | "rttVariance"
  | "slowStartThreshold"
  | "congestionWindow"
  | "advertisedMss"
  | "reordering"
  | "hopLimit"
  | "minimumRto";

/** The bit is that of the metric's number. */
const locks: FlagSet<LockedMetricName> = flagSet("locked metric", {
  mtu: 1 << 2,
  window: 1 << 3,
  rtt: 1 << 4,
  rttVariance: 1 << 5,
  slowStartThreshold: 1 << 6,
  congestionWindow: 1 << 7,
  advertisedMss: 1 << 8,
  reordering: 1 << 9,
  hopLimit: 1 << 10,
  minimumRto: 1 << 13,
});

export const metricsCodec: AttributesCodec<RouteMetrics> = attributes({
  lock: [1, flags(u32, locks)],
  mtu: [2, u32],
  window: [3, u32],
  rtt: [4, u32],
  rttVariance: [5, u32],
  slowStartThreshold: [6, u32],
  congestionWindow: [7, u32],
  advertisedMss: [8, u32],
  reordering: [9, u32],
  hopLimit: [10, u32],
  initialCongestionWindow: [11, u32],
  features: [12, u32],
  minimumRto: [13, u32],
  initialReceiveWindow: [14, u32],
  quickAck: [15, truth(u32)],
  congestionControl: [16, text],
  fastOpenNoCookie: [17, truth(u32)],
});
