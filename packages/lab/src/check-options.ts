import { type IpFamily, ipFamilies } from "@heddle/contracts";
import { LabError } from "./lab-error.ts";
import { checkLabName } from "./lab-name.ts";
import type { LabOptions } from "./lab-options.ts";

const maxNodes = 32;

/** The least that every IPv6 link takes (RFC 8200 section 5), and the most that a veth does. */
const minMtu = 1280;
const maxMtu = 65_535;

const maxLinks = 2;

/** In seconds. */
const maxTimeout = 3600;

/** What is meant by an option that is not given. */
export const defaults = { mtu: 1500, links: 1, timeout: 30, attachment: "auto" } as const;

/** @throws {LabError} `bad-option` */
export function checkOptions(options: LabOptions): void {
  const { name, nodes, families, underlay = families, attachment } = options;
  checkLabName(name);
  checkNumber("nodes", nodes, [1, maxNodes]);
  checkFamilies("family", families);
  checkFamilies("underlay", underlay);
  checkUnderlay(families, underlay, options.routing);
  checkMtus(options);
  checkOnLinkPods(options);
  checkAgentOptions(options);
  checkNumber("links", options.links ?? defaults.links, [1, maxLinks]);
  checkNumber("timeout", options.timeout ?? defaults.timeout, [1, maxTimeout], "seconds");
  if (attachment !== undefined && !["auto", "tcx", "clsact"].includes(attachment)) {
    throw badOption(`attachment ${attachment}`, "it is auto, tcx or clsact");
  }
}

function checkNumber(
  option: string,
  value: number,
  [least, most]: readonly [number, number],
  unit?: string,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = `it is a whole number from ${String(least)} to ${String(most)}`;
  throw badOption(
    `${option} ${String(value)}`,
    unit === undefined ? range : `${range}, in ${unit}`,
  );
}

function checkFamilies(option: string, families: readonly IpFamily[]): void {
  const isKnown = families.every((family) => ipFamilies.includes(family));
  if (families.length > 0 && isKnown && new Set(families).size === families.length) return;
  throw badOption(option, "it is IPv4, IPv6 or both");
}

/** Tunnels carry either family. The other way about, IPv6 next hops of IPv4 routes, is RFC 8950. */
function checkUnderlay(
  families: readonly IpFamily[],
  underlay: readonly IpFamily[],
  routing: LabOptions["routing"] = "direct",
): void {
  const isDirect = typeof routing === "string" ? routing === "direct" : routing.includes("direct");
  if (!isDirect || !families.includes(6) || underlay.includes(6)) return;
  throw badOption(
    "underlay ipv4",
    "the pods have IPv6, and no route to an IPv6 prefix has an IPv4 next hop",
    "choose underlay dual or ipv6, family ipv4, or routing geneve",
  );
}

function checkMtus({ nodes, mtu = defaults.mtu, nodeMtus = {}, narrow }: LabOptions): void {
  checkNumber("mtu", mtu, [minMtu, maxMtu], "bytes");
  for (const [node, value] of Object.entries(nodeMtus)) {
    checkNumber(`node-mtu ${node}`, value, [minMtu, mtu], "bytes");
    if (nodeNames(nodes).includes(node)) continue;
    throw badOption(
      `node-mtu ${node}=${String(value)}`,
      "the lab does not have that node",
      `it has ${nodeNames(nodes).join(", ")}`,
    );
  }
  if (narrow === undefined) return;
  if (mtu === minMtu) {
    throw badOption("narrow", `nothing is narrower than mtu ${String(mtu)}`, "choose a larger mtu");
  }
  checkNumber("narrow", narrow, [minMtu, mtu - 1], "bytes");
}

function checkOnLinkPods({ onLinkPods = false, narrow }: LabOptions): void {
  if (!onLinkPods || narrow === undefined) return;
  throw badOption(
    "on-link-pods",
    "with a narrow link half of the nodes are behind routers, not on the outside host's link",
    "leave out one of the two",
  );
}

/** What the lab says itself to each agent. */
export const ownAgentOptions = [
  "nodeName",
  "objects",
  "socket",
  "pinRoot",
  "attachment",
  "proxyDevices",
  "devices",
  "routing",
  "underlay",
] as const;

function checkAgentOptions({ agentOptions = {} }: LabOptions): void {
  for (const [name, value] of Object.entries(agentOptions)) {
    const own = ownAgentOptions.find((one) => one === name);
    if (own !== undefined) {
      throw badOption(`agent-option ${name}=${value}`, "the lab says that to its agents itself");
    }
    if (/^[a-zA-Z]+$/.test(name) && /^[^\n\r]*$/.test(value)) continue;
    throw badOption(
      `agent-option ${JSON.stringify(`${name}=${value}`)}`,
      "the name is of letters, and the value is one line",
    );
  }
}

/** The names of a lab's nodes, in order. */
export function nodeNames(nodes: number): readonly string[] {
  return Array.from({ length: nodes }, (_, index) => `node-${String(index + 1)}`);
}

export function badOption(subject: string, reason: string, hint?: string): LabError {
  const explained = { code: "bad-option", operation: "plan lab with", subject, reason } as const;
  return new LabError(hint === undefined ? explained : { ...explained, hint });
}
