declare const provided: unique symbol;

/** The name of something that a module provides, typed by what it is. */
export interface Token<T> {
  /** Shown in errors: `ipam`. */
  readonly name: string;
  /** The key in the container; two tokens of one name are still two tokens. */
  readonly key: symbol;
  readonly [provided]?: T;
}

/** A new token; make one per thing that can be provided, and export it. */
export function token<T>(name: string): Token<T> {
  return { name, key: Symbol(name) };
}
