import type { Token } from "./token.ts";

/** Gives the one instance of what `token` names; makes it first when nobody asked for it before. */
export type Resolve = <T>(token: Token<T>) => T;

/** How one thing is made from others. */
export interface Provider {
  readonly token: Token<unknown>;
  readonly make: (resolve: Resolve) => unknown;
}

/**
 * A named group of providers: the unit in which an agent is put together. A value, not a class; two
 * agents may be made of the same module.
 */
export interface Module {
  /** Shown in errors. */
  readonly name: string;
  readonly providers: readonly Provider[];
}

/** A provider whose factory is checked against the token's type. */
export function provide<T>(token: Token<T>, make: (resolve: Resolve) => T): Provider {
  return { token, make };
}
