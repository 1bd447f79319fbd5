import * as v from "valibot";
import type { FlowKind } from "../flow-log/flow-log.ts";
import type { FlowEnd, FlowRecord } from "../flow-log/flow-record.ts";

/** Which events are asked for. */
export interface EventFilter {
  /** @defaultValue all */
  readonly kinds?: readonly FlowKind[];
  /**
   * Only packets from or to this name, `NAMESPACE/POD` or `node/NAME`, or seen at the device of this pod.
   *
   * @defaultValue any
   */
  readonly name?: string | undefined;
  /** How many of the latest drops come first. @defaultValue 0 */
  readonly last?: number;
}

/** A {@link FlowRecord} as it arrives: a newer agent has names that this release does not know. */
export interface FlowLine extends Pick<
  FlowRecord,
  "time" | "node" | "device" | "pod" | "summary" | "length"
> {
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly hook: string | undefined;
  readonly source: FlowLineEnd | undefined;
  readonly destination: FlowLineEnd | undefined;
}

/** One end of a packet's way, see {@link FlowEnd}. */
export interface FlowLineEnd extends Pick<FlowEnd, "port" | "name"> {
  readonly address: string;
}

/** Where the events are. */
export function eventsPath({ kinds, name, last = 0 }: EventFilter): string {
  const query = new URLSearchParams();
  if (kinds !== undefined) query.set("kinds", kinds.join(","));
  if (name !== undefined) query.set("name", name);
  if (last > 0) query.set("last", String(last));
  return `/v1/events?${String(query)}`;
}

const flowEnd = v.pipe(
  v.object({ address: v.string(), port: v.optional(v.number()), name: v.optional(v.string()) }),
  v.transform(({ address, port, name }) => ({ address, port, name })),
);

/** A line of `/v1/events`. */
export const flowLineSchema: v.GenericSchema<unknown, FlowLine> = v.pipe(
  v.object({
    time: v.string(),
    node: v.string(),
    outcome: v.string(),
    reason: v.optional(v.string()),
    hook: v.optional(v.string()),
    device: v.string(),
    pod: v.optional(v.string()),
    source: v.optional(flowEnd),
    destination: v.optional(flowEnd),
    summary: v.string(),
    length: v.number(),
  }),
  v.transform(({ reason, hook, pod, source, destination, ...rest }) => ({
    ...rest,
    reason,
    hook,
    pod,
    source,
    destination,
  })),
);

/** The answer of `/v1/events/lost`. */
export const lostSchema: v.GenericSchema<unknown, Readonly<Record<string, number>>> = v.record(
  v.string(),
  v.number(),
);
