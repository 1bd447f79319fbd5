import type { ConnectionRecord } from "@heddle/conntrack";
import * as v from "valibot";
import type { RemovalRecord } from "../connection-routes.ts";
import { address } from "./answers.ts";

/** A {@link RemovalRecord} as it arrives: a newer agent has reasons that this release does not know. */
export type RemovalLine =
  | Exclude<RemovalRecord, { readonly kind: "removed" }>
  | {
      readonly kind: "removed";
      readonly time: string;
      readonly reason: string | undefined;
      readonly connection: ConnectionRecord;
    };

const protocol = v.custom<ConnectionRecord["original"]["protocol"]>(
  (value) => typeof value === "string" || typeof value === "number",
);

const tuple = v.object({
  protocol,
  source: address,
  destination: address,
  sourcePort: v.number(),
  destinationPort: v.number(),
});

const numbers = v.object({ original: v.number(), reply: v.number() });

const connection = v.object({
  scope: v.picklist(["connection", "service"]),
  original: tuple,
  reply: tuple,
  state: v.picklist(["opening", "established", "closing"]),
  answered: v.boolean(),
  finished: v.object({ original: v.boolean(), reply: v.boolean() }),
  packets: numbers,
  bytes: numbers,
  age: v.number(),
  remaining: v.number(),
});

const removed = v.pipe(
  v.object({
    kind: v.literal("removed"),
    time: v.string(),
    reason: v.optional(v.string()),
    connection,
  }),
  v.transform(({ reason, ...rest }) => ({ ...rest, reason })),
);

/** A line of `/v1/connections/removed`. */
export const removalLineSchema: v.GenericSchema<unknown, RemovalLine> = v.variant("kind", [
  removed,
  v.object({ kind: v.literal("lost"), count: v.number() }),
  v.object({ kind: v.literal("listening") }),
]);
