import * as v from "valibot";

/** A table that the agent shows. */
export interface TableSummary {
  readonly name: string;
  /** How many rows it has. */
  readonly size: number;
  /** Whether what it is made from is known completely. */
  readonly synced: boolean;
}

/** One row of a table. */
export interface TableRow {
  readonly key: string | number;
  readonly value: unknown;
}

/** A row that is there or has changed, one that is gone, or the news that these are all. */
export type TableChange =
  | { readonly kind: "upsert"; readonly key: string | number; readonly value: unknown }
  | { readonly kind: "delete"; readonly key: string | number }
  | { readonly kind: "synced" };

/** Where a table is. */
export function tablePath(name: string): string {
  return `/v1/tables/${encodeURIComponent(name)}`;
}

const key = v.union([v.string(), v.number()]);

/** The answer of `/v1/tables`. */
export const tablesSchema: v.GenericSchema<unknown, readonly TableSummary[]> = v.array(
  v.object({ name: v.string(), size: v.number(), synced: v.boolean() }),
);

/** The answer of `/v1/tables/NAME`. */
export const tableRowsSchema: v.GenericSchema<unknown, readonly TableRow[]> = v.array(
  v.object({ key, value: v.unknown() }),
);

/** A line of `/v1/tables/NAME?watch=true`. */
export const tableChangeSchema: v.GenericSchema<unknown, TableChange> = v.variant("kind", [
  v.object({ kind: v.literal("upsert"), key, value: v.unknown() }),
  v.object({ kind: v.literal("delete"), key }),
  v.object({ kind: v.literal("synced") }),
]);
