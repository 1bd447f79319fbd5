import "reflect-metadata";
import { type Service, toError } from "@heddle/contracts";
import { container as root, type DependencyContainer } from "tsyringe";
import { CompositionError } from "./composition-error.ts";
import type { Module, Provider, Resolve } from "./module.ts";
import type { Token } from "./token.ts";

/** Modules put together: a service that starts and closes all services among what they provide. */
export interface Composition extends Service {
  readonly resolve: Resolve;
}

export interface ComposeOptions {
  /**
   * Providers that take the place of the modules' own, by token. Each must replace one.
   *
   * @defaultValue none
   */
  readonly replace?: readonly Provider[];
}

/**
 * Puts modules together. Everything they provide is made at once, what is needed before what needs it;
 * services start in that order and close in the reverse.
 *
 * A start that fails closes what had started, then rejects with the failure. A close that fails keeps no other
 * from closing.
 *
 * @throws {CompositionError} when a token is provided twice, or needed and not provided, or when
 * providers need one another in a circle
 */
export function compose(modules: readonly Module[], options: ComposeOptions = {}): Composition {
  const made: unknown[] = [];
  const container = root.createChildContainer();
  const providers = withReplacements(collect(modules), options.replace ?? []);
  const resolve = resolver(container);
  for (const { token, make } of providers.values()) {
    container.register(token.key, { useFactory: makeOnce(token, make, resolve, made) });
  }
  for (const { token } of providers.values()) resolve(token);
  return new ServiceGroup(resolve, made.filter(isService));
}

function collect(modules: readonly Module[]): Map<symbol, Provider> {
  const owners = new Map<symbol, string>();
  const providers = new Map<symbol, Provider>();
  for (const module of modules) {
    for (const provider of module.providers) {
      const owner = owners.get(provider.token.key);
      if (owner !== undefined) {
        throw new CompositionError({
          code: "provided-twice",
          operation: "compose agent with",
          subject: provider.token.name,
          reason: `the modules ${owner} and ${module.name} both provide it`,
          hint: "leave one out, or pass the other as `replace`",
        });
      }
      owners.set(provider.token.key, module.name);
      providers.set(provider.token.key, provider);
    }
  }
  return providers;
}

function withReplacements(
  providers: ReadonlyMap<symbol, Provider>,
  replacements: readonly Provider[],
): Map<symbol, Provider> {
  const result = new Map(providers);
  for (const replacement of replacements) {
    if (!result.has(replacement.token.key)) {
      throw new CompositionError({
        code: "not-provided",
        operation: "replace",
        subject: replacement.token.name,
        reason: "no module provides it",
        hint: "add a module that does",
      });
    }
    result.set(replacement.token.key, replacement);
  }
  return result;
}

function resolver(container: DependencyContainer): Resolve {
  return <T>(token: Token<T>): T => {
    if (!container.isRegistered(token.key)) {
      throw new CompositionError({
        code: "not-provided",
        operation: "compose agent with",
        subject: token.name,
        reason: "it is needed and no module provides it",
        hint: "add the module that does",
      });
    }
    return container.resolve<T>(token.key);
  };
}

/** The factory of one instance, which is noted when it is complete: after everything it needs. */
function makeOnce(
  token: Token<unknown>,
  make: (resolve: Resolve) => unknown,
  resolve: Resolve,
  made: unknown[],
): () => unknown {
  let state: "new" | "making" | "made" = "new";
  let instance: unknown;
  return () => {
    if (state === "made") return instance;
    if (state === "making") {
      throw new CompositionError({
        code: "needs-itself",
        operation: "compose agent with",
        subject: token.name,
        reason: "making it needs it already",
      });
    }
    state = "making";
    instance = make(resolve);
    state = "made";
    made.push(instance);
    return instance;
  };
}

function isService(value: unknown): value is Service {
  return (
    typeof value === "object" &&
    value !== null &&
    "start" in value &&
    typeof value.start === "function" &&
    "close" in value &&
    typeof value.close === "function"
  );
}

class ServiceGroup implements Composition {
  readonly resolve: Resolve;
  readonly #services: readonly Service[];
  readonly #started: Service[] = [];
  #closing: Promise<void> | undefined;

  constructor(resolve: Resolve, services: readonly Service[]) {
    this.resolve = resolve;
    this.#services = services;
  }

  async start(): Promise<void> {
    try {
      for (const service of this.#services) {
        if (this.#closing !== undefined) return;
        this.#started.push(service);
        await service.start();
      }
    } catch (error) {
      // What fails meanwhile is told of by `close`, which gives the same to everybody.
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const errors: Error[] = [];
    for (const service of this.#started.toReversed()) {
      try {
        await service.close();
      } catch (error) {
        errors.push(toError(error));
      }
    }
    const [first, ...more] = errors;
    if (first === undefined) return;
    if (more.length === 0) throw first;
    throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
