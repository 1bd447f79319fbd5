import { formatTable } from "../table.ts";
import type { Entry } from "./read-entries.ts";

/** More columns than this do not fit beside one another. */
const maxColumns = 8;

/** Entries as a table; as a tree when they have too many fields for that. */
export function formatEntries(entries: readonly Entry[]): string {
  const rows = entries.map(({ key, value }) => ({
    key: leavesOf(key, "key"),
    value: leavesOf(value, "value"),
  }));
  const keyPaths = new Set(rows.flatMap(({ key }) => [...key.keys()]));
  const valuePaths = new Set(rows.flatMap(({ value }) => [...value.keys()]));
  return keyPaths.size + valuePaths.size > maxColumns
    ? formatTree(rows)
    : formatColumns(rows, keyPaths, valuePaths);
}

interface Row {
  readonly key: Leaves;
  readonly value: Leaves;
}

/** Texts by the paths to them: `nexthop.ifindex`. */
type Leaves = ReadonlyMap<string, string>;

/** A path that both halves have is told apart by `value.` before the second. */
function formatColumns(
  rows: readonly Row[],
  keyPaths: ReadonlySet<string>,
  valuePaths: ReadonlySet<string>,
): string {
  const ofKey = Array.from(keyPaths, (path) => {
    return [path, ({ key }: Row) => key.get(path)] as const;
  });
  const ofValue = Array.from(valuePaths, (path) => {
    return [
      keyPaths.has(path) ? `value.${path}` : path,
      ({ value }: Row) => value.get(path),
    ] as const;
  });
  return formatTable(rows, Object.fromEntries([...ofKey, ...ofValue]));
}

function formatTree(rows: readonly Row[]): string {
  return rows
    .map(({ key, value }) => {
      const head = Array.from(key, ([path, text]) => `${path}=${text}`).join(" ");
      const width = Math.max(...Array.from(value.keys(), ({ length }) => length));
      const fields = Array.from(value, ([path, text]) => `  ${path.padEnd(width)}   ${text}`);
      return [head, ...fields].join("\n");
    })
    .join("\n");
}

/** A plain value has one leaf, with the name of its half of the entry. */
function leavesOf(half: unknown, name: "key" | "value"): Leaves {
  return isPlain(half) ? new Map([[name, textOf(half)]]) : new Map(leavesBelow(half, ""));
}

function leavesBelow(value: unknown, path: string): (readonly [path: string, text: string])[] {
  if (isPlain(value)) return [[path.slice(1), textOf(value)]];
  return Object.entries(Object(value)).flatMap(([name, item]) =>
    leavesBelow(item, `${path}.${name}`),
  );
}

/** Whether the value is one text: no struct, and no list of structs. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  return typeof value !== "object" || value === null || value instanceof Uint8Array;
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return Array.isArray(value) ? value.map(textOf).join(",") : String(value);
}
