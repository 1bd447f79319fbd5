import type {
  V1IPBlock,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from "@kubernetes/client-node";
import { prefixAddress, prefixContains, prefixLength } from "@heddle/contracts";
import type { Path } from "../finding.ts";
import { type Checker, checkPort, checkPortOrName, checkPrefix } from "./checker.ts";
import { checkSelector } from "./labels.ts";

export function checkNetworkPolicy(checker: Checker, { spec }: V1NetworkPolicy): void {
  if (spec === undefined) {
    checker.missing(["spec"], "a policy says which pods it is for in podSelector");
    return;
  }
  checkSelector(checker, ["spec", "podSelector"], spec.podSelector);
  for (const [index, rule] of (spec.ingress ?? []).entries()) {
    checkRule(checker, ["spec", "ingress", index], "from", rule._from, rule.ports);
  }
  for (const [index, rule] of (spec.egress ?? []).entries()) {
    checkRule(checker, ["spec", "egress", index], "to", rule.to, rule.ports);
  }
}

function checkRule(
  checker: Checker,
  path: Path,
  peersName: "from" | "to",
  peers: readonly V1NetworkPolicyPeer[] = [],
  ports: readonly V1NetworkPolicyPort[] = [],
): void {
  for (const [index, peer] of peers.entries())
    checkPeer(checker, [...path, peersName, index], peer);
  for (const [index, port] of ports.entries()) {
    checkPolicyPort(checker, [...path, "ports", index], port);
  }
}

function checkPeer(
  checker: Checker,
  path: Path,
  { ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer,
): void {
  const selectsPods = namespaceSelector !== undefined || podSelector !== undefined;
  if (ipBlock === undefined && !selectsPods) {
    const hint = "write a podSelector, a namespaceSelector or an ipBlock; `{}` selects all";
    checker.invalid(path, "an empty peer selects nothing", hint);
  }
  if (ipBlock !== undefined && selectsPods) {
    const hint = "make it two peers";
    checker.invalid([...path, "ipBlock"], "an ipBlock cannot stand beside a selector", hint);
  }
  checkSelector(checker, [...path, "namespaceSelector"], namespaceSelector);
  checkSelector(checker, [...path, "podSelector"], podSelector);
  if (ipBlock !== undefined) checkIpBlock(checker, [...path, "ipBlock"], ipBlock);
}

function checkIpBlock(checker: Checker, path: Path, { cidr, except = [] }: V1IPBlock): void {
  const block = checkPrefix(checker, [...path, "cidr"], cidr);
  for (const [index, text] of except.entries()) {
    const hole = checkPrefix(checker, [...path, "except", index], text);
    if (block === undefined || hole === undefined) continue;
    const isWithin =
      prefixContains(block, prefixAddress(hole)) && prefixLength(hole) > prefixLength(block);
    if (isWithin) continue;
    checker.invalid([...path, "except", index], `${hole} is not a smaller part of ${block}`);
  }
}

function checkPolicyPort(
  checker: Checker,
  path: Path,
  { endPort, port }: V1NetworkPolicyPort,
): void {
  if (port !== undefined) checkPortOrName(checker, [...path, "port"], port);
  if (endPort === undefined) return;
  checkPort(checker, [...path, "endPort"], endPort);
  if (typeof port !== "number") {
    checker.invalid([...path, "endPort"], "a range needs a port by number to begin with");
  } else if (endPort < port) {
    const reason = `${String(endPort)} is below the port ${String(port)}`;
    checker.invalid([...path, "endPort"], reason, "exchange the two");
  }
}
