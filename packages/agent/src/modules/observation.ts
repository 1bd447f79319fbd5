import { interfaceIndex } from "@heddle/contracts";
import type { Answer, Query } from "../api/routes.ts";
import { type Module, provide, type Resolve } from "../composition/index.ts";
import { createAddressNames } from "../flow-log/address-names.ts";
import { createDevicePods } from "../flow-log/device-pods.ts";
import { createFlowLog, type FlowKind, flowKinds, type FlowLog } from "../flow-log/flow-log.ts";
import { tokens } from "./tokens.ts";

/** What became of packets, with names: for `heddle observe`. */
export const observationModule: Module = {
  name: "observation",
  providers: [
    provide(tokens.addressNames, (get) =>
      createAddressNames({
        endpoints$: get(tokens.endpoints).status.changes$,
        pods$: get(tokens.objects).pods$,
        nodes$: get(tokens.nodes).table.changes$,
      }),
    ),
    provide(tokens.devicePods, (get) =>
      createDevicePods({ endpoints$: get(tokens.endpoints).status.changes$ }),
    ),
    provide(tokens.flowLog, makeFlowLog),
  ],
};

function makeFlowLog(get: Resolve): FlowLog {
  const datapath = get(tokens.datapath);
  const names = get(tokens.addressNames);
  const devicePods = get(tokens.devicePods);
  const { table: links } = get(tokens.links);
  const log = createFlowLog({
    streams: () => ({ drops: datapath.drops, flows: datapath.flows }),
    node: get(tokens.config).nodeName,
    nameOf: (address) => names.nameOf(address),
    podAt: (ifindex) => devicePods.podAt(ifindex),
    deviceName: (ifindex) => links.get(interfaceIndex(ifindex))?.name,
  });
  const routes = get(tokens.routes);
  routes.add("/v1/events", (query) => followEvents(log, query));
  routes.add("/v1/events/lost", () =>
    log.running ? { kind: "value", value: log.lost() } : notRunning,
  );
  return log;
}

/** `kinds=drops,flows`, `name=NAMESPACE/POD`, `last=N`. */
function followEvents(log: FlowLog, query: Query): Answer {
  if (!log.running) return notRunning;
  const kinds = (query.get("kinds") ?? flowKinds.join(",")).split(",");
  const last = Number(query.get("last") ?? 0);
  const unknown = kinds.find((kind) => !isFlowKind(kind));
  if (unknown !== undefined) {
    return refusal(`kinds has ${JSON.stringify(unknown)}; there are ${flowKinds.join(", ")}`);
  }
  if (!Number.isInteger(last) || last < 0) return refusal("last is not a number of events");
  const name = query.get("name") ?? undefined;
  return { kind: "lines", lines$: log.follow({ kinds: kinds.filter(isFlowKind), name, last }) };
}

const notRunning: Answer = {
  kind: "refusal",
  status: 503,
  reason: "the agent has not started yet; heddle status tells what it waits for",
};

function isFlowKind(text: string): text is FlowKind {
  return flowKinds.some((kind) => kind === text);
}

function refusal(reason: string): Answer {
  return { kind: "refusal", status: 400, reason };
}
