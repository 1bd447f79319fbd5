import type { Health, HealthLevel, Logger, Service } from "@heddle/contracts";
import {
  compose,
  type Composition,
  type Module,
  provide,
  type Provider,
} from "./composition/index.ts";
import type { AgentConfig } from "./config/agent-config.ts";
import { clusterModule } from "./modules/cluster.ts";
import { foundationModule } from "./modules/foundation.ts";
import { kernelModule } from "./modules/kernel.ts";
import { neighbourModule } from "./modules/neighbours.ts";
import { networkModule } from "./modules/network.ts";
import { observationModule } from "./modules/observation.ts";
import { tokens } from "./modules/tokens.ts";
import { agentVersion } from "./version.ts";

/** What `/v1/status` answers. */
export interface AgentStatus {
  readonly node: string;
  readonly version: string;
  readonly pid: number;
  /** Whether everything runs, and the pods and routes that were there at the start have been seen to. */
  readonly ready: boolean;
  /** The worst of its parts. */
  readonly health: HealthLevel;
  readonly parts: Readonly<Record<string, Health>>;
}

/** The modules that the node agent is made of. */
export const agentModules: readonly Module[] = [
  foundationModule,
  kernelModule,
  clusterModule,
  networkModule,
  neighbourModule,
  observationModule,
];

export interface AgentOptions {
  /** @defaultValue {@link agentModules} */
  readonly modules?: readonly Module[];
  /** Providers that take the place of the modules' own. @defaultValue none */
  readonly replace?: readonly Provider[];
}

/** The node agent: a composition that also tells its status. */
export interface Agent extends Service {
  readonly resolve: Composition["resolve"];
  status(): AgentStatus;
}

/**
 * Puts an agent together. Nothing is read, written or listened to before `start`, which resolves when
 * everything runs: the node's own object is known, the programs are loaded, the pods that are there are
 * connected and the routes to other nodes laid, but for those with which something is wrong.
 *
 * @throws {CompositionError} when the modules do not fit
 */
export function createAgent(
  config: AgentConfig,
  logger: Logger,
  options: AgentOptions = {},
): Agent {
  const given: Module = {
    name: "agent",
    providers: [provide(tokens.config, () => config), provide(tokens.logger, () => logger)],
  };
  const modules = [given, ...(options.modules ?? agentModules)];
  return new NodeAgent(compose(modules, { replace: options.replace ?? [] }));
}

class NodeAgent implements Agent {
  readonly #composition: Composition;
  #isReady = false;

  constructor(composition: Composition) {
    this.#composition = composition;
    const routes = composition.resolve(tokens.routes);
    routes.add("/v1/status", () => ({ kind: "value", value: this.status() }));
    routes.add("/v1/config", () => ({ kind: "value", value: this.resolve(tokens.config) }));
  }

  get resolve(): Composition["resolve"] {
    return this.#composition.resolve;
  }

  status(): AgentStatus {
    const health = this.resolve(tokens.health);
    return {
      node: this.resolve(tokens.config).nodeName,
      version: agentVersion(),
      pid: process.pid,
      ready: this.#isReady,
      health: health.worst(),
      parts: health.all(),
    };
  }

  async start(): Promise<void> {
    await this.#composition.start();
    await this.resolve(tokens.health).whenStarted();
    this.#isReady = true;
  }

  async close(): Promise<void> {
    this.#isReady = false;
    await this.#composition.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
