/** The value as JSON: errors as their messages, 64-bit numbers as decimal texts, maps as objects. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => plain(item));
}

function plain(item: unknown): unknown {
  if (typeof item === "bigint") return item.toString();
  if (item instanceof Error) return item.message;
  if (item instanceof Uint8Array) return Buffer.from(item).toString("hex");
  return item;
}
