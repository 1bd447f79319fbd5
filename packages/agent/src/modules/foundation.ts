import { systemClock } from "@heddle/contracts";
import { createApiServer } from "../api/api-server.ts";
import { createRoutes } from "../api/routes.ts";
import { type Module, provide } from "../composition/index.ts";
import { createHealthRegistry } from "../health-registry.ts";
import { createNodeLock } from "../node-lock.ts";
import { createTableExport } from "../table-export.ts";
import { tokens } from "./tokens.ts";

/** The lock of the node, the API, and what other modules register with. */
export const foundationModule: Module = {
  name: "foundation",
  providers: [
    provide(tokens.clock, () => systemClock),
    provide(tokens.lock, (get) => {
      const { nodeName } = get(tokens.config);
      return createNodeLock({ pid: process.pid, nodeName });
    }),
    provide(tokens.routes, () => createRoutes()),
    provide(tokens.health, () => createHealthRegistry()),
    provide(tokens.tables, (get) => createTableExport(get(tokens.routes))),
    provide(tokens.api, (get) => {
      get(tokens.lock);
      const { socket } = get(tokens.config);
      const routes = get(tokens.routes);
      return createApiServer({ routes, logger: get(tokens.logger) }, { socket });
    }),
  ],
};
