import type { Measure, Test } from "../suite.ts";
import type { Load } from "./load.ts";

type Numbers = Readonly<Record<string, number>>;

/** A test of paths: what is run, and how its numbers come out of what the client counted. */
export interface PathTest extends Test {
  readonly load: Load;
  valuesOf(numbers: Numbers): Numbers;
  /** The fewest packets that the client has sent. */
  packetsOf(numbers: Numbers): number;
}

const percentiles = [
  { field: "p50", title: "50 %" },
  { field: "p90", title: "90 %" },
  { field: "p99", title: "99 %" },
  { field: "p999", title: "99.9 %" },
] as const;

/** Transactions one after the other. */
function transactions(name: string, title: string, load: Load): PathTest {
  const times = percentiles.map(({ field, title: share }): Measure => ({
    name: `${name}-${field}`,
    title: `${title}, ${share}`,
    unit: "us",
    better: "less",
  }));
  return {
    name,
    load,
    measures: [{ name: `${name}-rate`, title, unit: "1/s", better: "more" }, ...times],
    valuesOf: (numbers) => ({
      [`${name}-rate`]: rate(numbers, "count"),
      ...Object.fromEntries(
        percentiles.map(({ field }) => [`${name}-${field}`, take(numbers, field) / 1e3]),
      ),
    }),
    packetsOf: (numbers) => take(numbers, "count"),
  };
}

/** No segment that veth carries is larger (`GSO_MAX_SIZE` of linux/netdevice.h). */
const maxSegment = 8 * 65536;

function throughput(streams: number): PathTest {
  const name = `throughput-${String(streams)}`;
  const title = `TCP throughput, ${streams === 1 ? "1 stream" : `${String(streams)} streams`}`;
  return {
    name,
    load: { kind: "stream", apart: true, streams },
    measures: [{ name, title, unit: "Gbit/s", better: "more" }],
    valuesOf: (numbers) => ({ [name]: (rate(numbers, "bytes") * 8) / 1e9 }),
    packetsOf: (numbers) => take(numbers, "bytes") / maxSegment,
  };
}

const udp: PathTest = {
  name: "udp",
  load: { kind: "udp", apart: false },
  measures: [
    { name: "udp-rate", title: "UDP packets that arrived", unit: "1/s", better: "more" },
    { name: "udp-loss", title: "UDP packets lost", unit: "%", better: "less" },
  ],
  valuesOf: (numbers) => ({
    "udp-rate": rate(numbers, "arrived"),
    "udp-loss": 100 * (1 - take(numbers, "arrived") / take(numbers, "sent")),
  }),
  packetsOf: (numbers) => take(numbers, "arrived"),
};

export const pathTests: readonly PathTest[] = [
  transactions("rr", "request/response", { kind: "rr", apart: false }),
  transactions("crr", "connect/request/close", { kind: "crr", apart: false }),
  udp,
  throughput(1),
  throughput(4),
  transactions("rrx", "request/response, two processors", { kind: "rr", apart: true }),
];

/** Per second. */
function rate(numbers: Numbers, field: string): number {
  return (take(numbers, field) / take(numbers, "elapsed")) * 1e9;
}

function take(numbers: Numbers, field: string): number {
  const value = numbers[field];
  if (value === undefined || !Number.isFinite(value)) {
    throw new Error(`the client's line has no number ${field}: ${JSON.stringify(numbers)}`);
  }
  return value;
}
