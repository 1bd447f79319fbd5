import { healthLevels, isIp, type IpAddress } from "@heddle/contracts";
import * as v from "valibot";
import type { AgentStatus } from "../agent.ts";

/** A pod of the agent's node and how it is connected, as the table `endpoints` has it. */
export interface EndpointRow {
  /** `NAMESPACE/POD`. */
  readonly pod: string;
  readonly phase: "pending" | "ready" | "failed";
  readonly addresses: readonly IpAddress[];
  readonly mac: string;
  /** The node's end of the pod's device pair. */
  readonly device: string;
  readonly ifindex: number | undefined;
  /** Path of the pod's network namespace. */
  readonly netns: string;
  /** Why it failed. */
  readonly error: string | undefined;
}

const health = v.object({ level: v.picklist(healthLevels), message: v.string() });

/** The answer of `/v1/status`. */
export const statusSchema: v.GenericSchema<unknown, AgentStatus> = v.object({
  node: v.string(),
  version: v.string(),
  pid: v.number(),
  ready: v.boolean(),
  health: v.picklist(healthLevels),
  parts: v.record(v.string(), health),
});

/** An address of either family. */
export const address: v.GenericSchema<IpAddress> = v.custom<IpAddress>(
  (value) => typeof value === "string" && isIp(value),
);

const endpointEntries = {
  phase: v.picklist(["pending", "ready", "failed"]),
  addresses: v.array(address),
  mac: v.string(),
  device: v.string(),
  ifindex: v.optional(v.number()),
  netns: v.string(),
  error: v.optional(v.string()),
};

const entry = { key: v.string(), value: v.object(endpointEntries) };

function toRow({
  key: pod,
  value,
}: v.InferOutput<v.ObjectSchema<typeof entry, undefined>>): EndpointRow {
  const { ifindex, error, ...rest } = value;
  return { pod, ...rest, ifindex, error };
}

/** The answer of `/v1/tables/endpoints`. */
export const endpointsSchema: v.GenericSchema<unknown, readonly EndpointRow[]> = v.pipe(
  v.array(v.object(entry)),
  v.transform((rows) => rows.map(toRow)),
);

/** A line of `/v1/tables/endpoints?watch=true` that tells of a pod's state. */
export const endpointUpsertSchema: v.GenericSchema<unknown, EndpointRow> = v.pipe(
  v.object({ kind: v.literal("upsert"), ...entry }),
  v.transform((line) => toRow(line)),
);
