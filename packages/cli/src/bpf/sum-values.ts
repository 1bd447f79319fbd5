/**
 * What two CPUs hold, together: numbers add up, structs and arrays field by field. What cannot be added,
 * such as an address, is the first one's.
 */
export function sumValues(left: unknown, right: unknown): unknown {
  if (typeof left === "bigint" && typeof right === "bigint") return left + right;
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.map((item, index) => sumValues(item, right[index]));
  }
  if (!isStruct(left) || !isStruct(right)) return left;
  return Object.fromEntries(
    Object.entries(left).map(([name, item]) => [name, sumValues(item, right[name])]),
  );
}

function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}
