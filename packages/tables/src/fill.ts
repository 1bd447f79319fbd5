import type { Key } from "./snapshot.ts";
import type { MutableTable } from "./table.ts";

/** Makes the table hold just this; what is there already, as its `equals` sees it, is not published. */
export function fill<K extends Key, V>(
  table: MutableTable<K, V>,
  content: ReadonlyMap<K, V>,
): void {
  for (const [key] of table.entries()) if (!content.has(key)) table.delete(key);
  for (const [key, value] of content) table.upsert(key, value);
}
