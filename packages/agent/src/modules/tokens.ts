import type { Clock, InterfaceIndex, Logger, Service } from "@heddle/contracts";
import type { Datapath } from "@heddle/datapath";
import type { Tunnels } from "@heddle/encap-geneve";
import type { EndpointRequest, Endpoints } from "@heddle/endpoint";
import type { Ipam } from "@heddle/ipam";
import type { NdpProxy } from "@heddle/ipv6-ndp";
import type { ObjectSource } from "@heddle/kube-source";
import type { ClusterNode, Routing } from "@heddle/routing";
import type { Address, Link, Rtnetlink, Sysctl } from "@heddle/rtnetlink";
import type { RtnetlinkMonitor } from "@heddle/rtnetlink/monitor";
import type { Collection, Derived } from "@heddle/tables";
import type { Routes } from "../api/routes.ts";
import { type Token, token } from "../composition/index.ts";
import type { AgentConfig } from "../config/agent-config.ts";
import type { Connections } from "../connections.ts";
import type { AddressNames } from "../flow-log/address-names.ts";
import type { DevicePods } from "../flow-log/device-pods.ts";
import type { FlowLog } from "../flow-log/flow-log.ts";
import type { HealthRegistry } from "../health-registry.ts";
import type { Masquerade } from "../masquerade.ts";
import type { NodePrefixes } from "../node-prefixes.ts";
import type { TableExport } from "../table-export.ts";

/** What modules provide and need; a module of your own can take the place of any of these. */
export const tokens: AgentTokens = {
  config: token("config"),
  clock: token("clock"),
  logger: token("logger"),
  lock: token("lock"),
  routes: token("routes"),
  api: token("api"),
  health: token("health"),
  tables: token("tables"),
  objects: token("objects"),
  nodes: token("nodes"),
  requests: token("endpoint requests"),
  rtnetlink: token("rtnetlink"),
  monitor: token("rtnetlink monitor"),
  links: token("links"),
  addresses: token("addresses"),
  sysctl: token("sysctl"),
  datapath: token("datapath"),
  connections: token("connections"),
  masquerade: token("masquerade"),
  ipam: token("ipam"),
  nodePrefixes: token("node prefixes"),
  routing: token("routing"),
  tunnels: token("tunnels"),
  endpoints: token("endpoints"),
  neighbourProxy: token("neighbour proxy"),
  addressNames: token("address names"),
  devicePods: token("device pods"),
  flowLog: token("flow log"),
};

export interface AgentTokens {
  readonly config: Token<AgentConfig>;
  readonly clock: Token<Clock>;
  readonly logger: Token<Logger>;
  /** Held while the agent runs, so that a node has one. */
  readonly lock: Token<Service>;
  /** What the API offers; modules add to it. */
  readonly routes: Token<Routes>;
  readonly api: Token<Service>;
  readonly health: Token<HealthRegistry>;
  readonly tables: Token<TableExport>;
  /** The cluster's objects. */
  readonly objects: Token<ObjectSource & Service>;
  /** The cluster's nodes by name. */
  readonly nodes: Token<Collection<string, ClusterNode>>;
  /** The pods that this node connects. */
  readonly requests: Token<Collection<string, Derived<EndpointRequest>>>;
  /** The node's own network namespace. */
  readonly rtnetlink: Token<Rtnetlink>;
  readonly monitor: Token<RtnetlinkMonitor>;
  /** The node's devices by index. */
  readonly links: Token<Collection<InterfaceIndex, Link>>;
  /** The addresses of the node's devices. */
  readonly addresses: Token<Collection<string, Address>>;
  readonly sysctl: Token<Sysctl>;
  readonly datapath: Token<Datapath>;
  /** The connections that the datapath tracks. */
  readonly connections: Token<Connections>;
  /** Has pods leave the cluster with the node's addresses. */
  readonly masquerade: Token<Masquerade>;
  readonly ipam: Token<Ipam>;
  readonly nodePrefixes: Token<NodePrefixes>;
  readonly routing: Token<Routing>;
  readonly tunnels: Token<Tunnels>;
  readonly endpoints: Token<Endpoints>;
  /** Answers and groups for the pods on the node's own links. */
  readonly neighbourProxy: Token<NdpProxy>;
  readonly addressNames: Token<AddressNames>;
  readonly devicePods: Token<DevicePods>;
  readonly flowLog: Token<FlowLog>;
}
