declare const brand: unique symbol;

/**
 * A nominal type: a `T` that only the parser of `Name` hands out.
 *
 * The mark exists for the compiler alone; at run time the value is a plain `T`, so a branded
 * string can be a `Map` key and is compared with `===`.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Declares that `value` satisfies what the brand promises. Only for the module that defines the brand. */
export function mint<B extends Brand<number | string, string>>(
  value: B extends string ? string : number,
): B {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand has no run-time form to check
  return value as B;
}
