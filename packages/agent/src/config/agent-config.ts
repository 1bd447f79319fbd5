import { hostname, totalmem } from "node:os";
import { bytesPerConnection, connectionsForMemory } from "@heddle/conntrack/table-size";
import type { IpPrefix } from "@heddle/contracts";
import * as v from "valibot";
import { count, logLevel, name, names, oneOf, path, prefixes, type ValueKind } from "./values.ts";

/** The agent's configuration. What each option means stands in {@link agentOptions}. */
export interface AgentConfig {
  readonly nodeName: string;
  readonly objects: string;
  readonly socket: string;
  readonly pinRoot: string;
  readonly devices: readonly string[];
  readonly proxyDevices: readonly string[];
  readonly attachment: "auto" | "tcx" | "clsact";
  readonly routing: "direct" | "geneve";
  readonly underlay: "ipv4" | "ipv6";
  readonly tunnelChecksum: "zero" | "computed";
  readonly clusterId: number;
  readonly masquerade: "on" | "off";
  readonly masqueradeExclude: readonly IpPrefix[];
  readonly maxEndpoints: number;
  readonly connectionTable: number;
  readonly maxConnections: number | undefined;
  readonly establishedTimeout: number;
  readonly openingTimeout: number;
  readonly closingTimeout: number;
  readonly otherTimeout: number;
  readonly fragmentTimeout: number;
  readonly addressStrategy: "first-free" | "random";
  readonly addressCoolDown: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "text" | "json";
}

/** One option: how it is read, what it means, and what it is when it is not given. */
export interface AgentOption<T> {
  /** Reads a value from YAML or from a command line; an absent one is the default. */
  readonly schema: v.GenericSchema<unknown, T>;
  /** How the value is written on a command line: `NUMBER`. */
  readonly placeholder: string;
  /** A sentence or two for the help and the reference. */
  readonly doc: string;
  /** The default as the help shows it. */
  readonly shownDefault: string;
}

function optional<T>(
  kind: ValueKind<T>,
  doc: string,
  fallback: () => T,
  shownDefault = String(fallback()),
): AgentOption<T> {
  const { placeholder } = kind;
  return { schema: v.optional(kind.schema, fallback), placeholder, doc, shownDefault };
}

function required<T>({ schema, placeholder }: ValueKind<T>, doc: string): AgentOption<T> {
  return { schema, placeholder, doc, shownDefault: "none: it has to be given" };
}

/** Up to 30 days. */
const seconds = count(1, 2_592_000);

/** Everything that can be configured: the one source of validation, help and reference. */
export const agentOptions: {
  readonly [Name in keyof AgentConfig]: AgentOption<AgentConfig[Name]>;
} = {
  nodeName: optional(
    name,
    "The name of this node, as its Node object has it.",
    hostname,
    "the host name",
  ),
  objects: required(
    path,
    "The folder with the cluster's objects as ordinary Kubernetes YAML. It is watched.",
  ),
  socket: optional(
    path,
    "The Unix socket of the agent's API, which the command line talks to.",
    () => "/run/heddle/agent.sock",
  ),
  pinRoot: optional(
    path,
    "The folder in the BPF file system where programs and maps outlive the agent.",
    () => "/sys/fs/bpf/heddle",
  ),
  devices: optional(
    names,
    "The devices that lead to the network.",
    () => [],
    "those with the node's InternalIP, and those of default routes",
  ),
  proxyDevices: optional(
    names,
    "The devices, of those that lead to the network, on whose links the node answers ARP and neighbour discovery for " +
      "its pods: their neighbours then need no routes to the pods. `all` is each of them.",
    () => [],
    "none",
  ),
  attachment: optional<"auto" | "tcx" | "clsact">(
    oneOf("auto", "tcx", "clsact"),
    "How programs are attached to devices: by tcx links, which need Linux 6.6, as clsact filters of traffic " +
      "control, or automatically: tcx where the kernel has it.",
    () => "auto",
  ),
  routing: optional<"direct" | "geneve">(
    oneOf("direct", "geneve"),
    "How packets reach other nodes' pods: by routes, for which the network between the nodes has to carry pods' " +
      "addresses, or in Geneve tunnels. Nodes of a cluster may differ, as while one after the other is changed.",
    () => "direct",
  ),
  underlay: optional<"ipv4" | "ipv6">(
    oneOf("ipv4", "ipv6"),
    "Which of the nodes' addresses tunnels lead to. Pods have either family, or both, in any case.",
    () => "ipv4",
  ),
  tunnelChecksum: optional<"zero" | "computed">(
    oneOf("zero", "computed"),
    "Whether the packets of tunnels have a UDP checksum of their own, beside those of the packets in them. " +
      "Computing it costs much of the throughput, since large buffers have to be cut up first.",
    () => "zero",
  ),
  clusterId: optional(
    count(0, 65_535),
    "The number of this cluster among those that exchange packets; 0 for none, which tunnels then do not tell.",
    () => 0,
  ),
  masquerade: optional<"on" | "off">(
    oneOf("on", "off"),
    "Whether what pods send out of the cluster leaves with the node's own address of the device's network, to which answers " +
      "find back without routes to pods. Pods and nodes of the cluster see pods' own addresses in any case.",
    () => "on",
  ),
  masqueradeExclude: optional(
    prefixes,
    "Destinations outside of the cluster that have routes to pods, and see their own addresses.",
    () => [],
    "none",
  ),
  maxEndpoints: optional(
    count(1, 65_535),
    "How many pods the node can have. To change it, the pins have to be removed.",
    () => 4096,
  ),
  connectionTable: optional(
    count(1024, 16_777_216),
    `How many connections there is memory for, ${String(bytesPerConnection)} bytes each, from the start. When it is ` +
      "changed, the connections that there are begin anew.",
    () => connectionsForMemory(totalmem()),
    "what fits 1/64 of the memory, as a power of 2 from 16384 to 4194304",
  ),
  maxConnections: optional<number | undefined>(
    count(1, 16_777_216),
    "How many connections there may be. When there are more, those that are closing or half-open make room. It can be " +
      "changed without losing any.",
    () => undefined,
    "as many as there is memory for",
  ),
  establishedTimeout: optional(
    seconds,
    "Seconds that a TCP or SCTP connection lives on without a packet once it stands.",
    () => 8000,
  ),
  openingTimeout: optional(
    seconds,
    "The same while only its handshake was seen; no more than `establishedTimeout`.",
    () => 60,
  ),
  closingTimeout: optional(
    seconds,
    "Seconds that it lives on after both sides have finished or one has aborted, whatever comes; no more than " +
      "`establishedTimeout`.",
    () => 10,
  ),
  otherTimeout: optional(
    seconds,
    "Seconds that connections of all other protocols live on without a packet.",
    () => 60,
  ),
  fragmentTimeout: optional(
    count(1, 3600),
    "Seconds in which the fragments of a datagram have to come.",
    () => 30,
  ),
  addressStrategy: optional<"first-free" | "random">(
    oneOf("first-free", "random"),
    "Which address a new pod gets: the lowest that is free, or a random one.",
    () => "first-free",
  ),
  addressCoolDown: optional(
    count(0, 86_400),
    "Seconds for which a pod's address is given to no other pod after it has gone.",
    () => 0,
  ),
  logLevel: optional(logLevel, "How much is logged.", () => "info"),
  logFormat: optional<"text" | "json">(
    oneOf("text", "json"),
    "How a line of the log looks.",
    () => "text",
  ),
};

/** The configuration as a whole; an unknown option is refused. */
export const agentConfigSchema: v.GenericSchema<unknown, AgentConfig> = v.strictObject({
  nodeName: agentOptions.nodeName.schema,
  objects: agentOptions.objects.schema,
  socket: agentOptions.socket.schema,
  pinRoot: agentOptions.pinRoot.schema,
  devices: agentOptions.devices.schema,
  proxyDevices: agentOptions.proxyDevices.schema,
  attachment: agentOptions.attachment.schema,
  routing: agentOptions.routing.schema,
  underlay: agentOptions.underlay.schema,
  tunnelChecksum: agentOptions.tunnelChecksum.schema,
  clusterId: agentOptions.clusterId.schema,
  masquerade: agentOptions.masquerade.schema,
  masqueradeExclude: agentOptions.masqueradeExclude.schema,
  maxEndpoints: agentOptions.maxEndpoints.schema,
  connectionTable: agentOptions.connectionTable.schema,
  maxConnections: agentOptions.maxConnections.schema,
  establishedTimeout: agentOptions.establishedTimeout.schema,
  openingTimeout: agentOptions.openingTimeout.schema,
  closingTimeout: agentOptions.closingTimeout.schema,
  otherTimeout: agentOptions.otherTimeout.schema,
  fragmentTimeout: agentOptions.fragmentTimeout.schema,
  addressStrategy: agentOptions.addressStrategy.schema,
  addressCoolDown: agentOptions.addressCoolDown.schema,
  logLevel: agentOptions.logLevel.schema,
  logFormat: agentOptions.logFormat.schema,
});

/** Options of which the first may not be more than the second. */
export const orderedOptions: readonly (readonly [NumberOption, NumberOption])[] = [
  ["openingTimeout", "establishedTimeout"],
  ["closingTimeout", "establishedTimeout"],
  ["maxConnections", "connectionTable"],
];

type NumberOption =
  | "openingTimeout"
  | "closingTimeout"
  | "establishedTimeout"
  | "maxConnections"
  | "connectionTable";

/** The option's name on the command line: `nodeName` is `--node-name`. */
export function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
