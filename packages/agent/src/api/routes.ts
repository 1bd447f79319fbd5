import type { Observable } from "rxjs";

/** What a request asks beside its path. */
export type Query = URLSearchParams;

/** An answer: one value, or a stream of values, each of which becomes a line of JSON. */
export type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "lines"; readonly lines$: Observable<unknown> }
  | { readonly kind: "refusal"; readonly status: 400 | 404 | 503; readonly reason: string };

export type Handler = (query: Query, rest: string) => Answer;

/**
 * What the API offers. Modules add to it when they are made, so that the API itself depends on none of
 * them and can answer from the beginning.
 */
export interface Routes {
  /** A path such as `/v1/status`; one that ends with a slash takes everything below it. */
  add(path: string, handler: Handler): void;
  find(path: string): { readonly handler: Handler; readonly rest: string } | undefined;
  readonly paths: readonly string[];
}

export function createRoutes(): Routes {
  const handlers = new Map<string, Handler>();
  return {
    add: (path, handler) => void handlers.set(path, handler),
    find(path) {
      const exact = handlers.get(path);
      if (exact !== undefined) return { handler: exact, rest: "" };
      const slash = path.lastIndexOf("/") + 1;
      const below = handlers.get(path.slice(0, slash));
      return below === undefined ? undefined : { handler: below, rest: path.slice(slash) };
    },
    get paths() {
      return [...handlers.keys()];
    },
  };
}
