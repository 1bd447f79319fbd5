import { createRtnetlink, sysctl } from "@heddle/rtnetlink";
import { createRtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import { collect } from "@heddle/tables";
import { type Module, provide } from "../composition/index.ts";
import { tokens } from "./tokens.ts";

/** The node's own network namespace, which is the one that the agent runs in. */
export const kernelModule: Module = {
  name: "kernel",
  providers: [
    provide(tokens.rtnetlink, (get) => {
      get(tokens.api);
      return createRtnetlink();
    }),
    provide(tokens.monitor, (get) => {
      const clock = get(tokens.clock);
      const logger = get(tokens.logger);
      const monitor = createRtnetlinkMonitor(
        { clock, logger },
        { kinds: ["links", "addresses", "routes", "neighbours", "rules"] },
      );
      get(tokens.health).add("kernel", monitor.health$);
      return monitor;
    }),
    provide(tokens.links, (get) => {
      const collection = collect(get(tokens.monitor).links$, { name: "links" });
      get(tokens.tables).add(() => [collection.table]);
      return collection;
    }),
    provide(tokens.addresses, (get) =>
      collect(get(tokens.monitor).addresses$, { name: "node addresses" }),
    ),
    provide(tokens.sysctl, () => sysctl()),
  ],
};
