/** An object's properties that may be undefined, as optional properties that are left out instead. */
type Present<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> };

/**
 * The object without its undefined properties: with `exactOptionalPropertyTypes` an absent property and one that
 * is undefined are different things, and encoders write what is there.
 */
export function present<T extends object>(values: T): Present<T> {
  const result: Present<T> = {};
  for (const name in values) {
    const value: T[typeof name] = values[name];
    if (isDefined(value)) result[name] = value;
  }
  return result;
}

function isDefined<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}
