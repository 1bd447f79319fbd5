import type { Change } from "@heddle/contracts";
import type { Key, Table } from "@heddle/tables";
import type { Observable } from "rxjs";
import type { Answer, Routes } from "./api/routes.ts";

/** A table as the API shows it. */
interface ExportedTable {
  readonly name: string;
  readonly size: number;
  readonly synced: boolean;
  rows(): readonly TableRow[];
  readonly changes$: Observable<Change<Key, unknown>>;
}

/** One row of a table. */
interface TableRow {
  readonly key: Key;
  readonly value: unknown;
}

/** Tables that can be looked at from outside, under `/v1/tables/`. */
export interface TableExport {
  /** Those that are there when somebody looks. Of two with one name, the one that was added last shows. */
  add(tables: () => readonly Table<Key, unknown>[]): void;
}

/** Offers tables at `/v1/tables`: all names, one table's rows, and with `watch=true` its changes as lines. */
export function createTableExport(routes: Routes): TableExport {
  const sources: (() => readonly Table<Key, unknown>[])[] = [];
  const tables = () => {
    const all = sources.flatMap((source) => source().map(exportOf));
    return new Map(all.map((table) => [table.name, table]));
  };
  routes.add("/v1/tables", () => ({
    kind: "value",
    value: Array.from(tables().values(), ({ name, size, synced }) => ({ name, size, synced })),
  }));
  routes.add("/v1/tables/", (query, name) => {
    const all = tables();
    const table = all.get(name);
    if (table === undefined) return unknownTable(name, [...all.keys()]);
    if (query.get("watch") === "true") return { kind: "lines", lines$: table.changes$ };
    return { kind: "value", value: table.rows() };
  });
  return { add: (source) => void sources.push(source) };
}

function exportOf<K extends Key, V>(table: Table<K, V>): ExportedTable {
  return {
    name: slug(table.name),
    get size() {
      return table.size;
    },
    get synced() {
      return table.synced;
    },
    rows: () => Array.from(table.entries(), ([key, value]) => ({ key, value })),
    changes$: table.changes$,
  };
}

function unknownTable(name: string, known: readonly string[]): Answer {
  const reason = `there is no table ${JSON.stringify(name)}; there are ${known.join(", ")}`;
  return { kind: "refusal", status: 404, reason };
}

/** Table names have spaces; their paths have hyphens. */
function slug(name: string): string {
  return name.replaceAll(" ", "-");
}
