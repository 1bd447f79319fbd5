import type { V1Service, V1ServicePort, V1ServiceSpec } from "@kubernetes/client-node";
import type { Path } from "../finding.ts";
import {
  type Checker,
  checkIp,
  checkPort,
  checkPortOrName,
  checkPrefix,
  checkUnique,
} from "./checker.ts";
import { checkLabels } from "./labels.ts";
import { checkDnsLabel } from "./metadata.ts";

/** The longest session affinity: a day. */
const maxAffinitySeconds = 86_400;

export function checkService(checker: Checker, { spec }: V1Service): void {
  if (spec === undefined) {
    checker.missing(["spec"], "a service has ports and mostly a selector");
    return;
  }
  checkPorts(checker, spec);
  checkClusterIps(checker, spec);
  checkLabels(checker, ["spec", "selector"], spec.selector);
  for (const [index, text] of (spec.externalIPs ?? []).entries()) {
    checkIp(checker, ["spec", "externalIPs", index], text);
  }
  for (const [index, text] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    checkPrefix(checker, ["spec", "loadBalancerSourceRanges", index], text.trim());
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > maxAffinitySeconds)) {
    checker.invalid(
      ["spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"],
      `${String(seconds)} is not from 1 to ${String(maxAffinitySeconds)}`,
    );
  }
  if (spec.type === "ExternalName" && (spec.externalName ?? "") === "") {
    checker.missing(["spec", "externalName"], "name the host that the service stands for");
  }
}

function checkPorts(checker: Checker, spec: V1ServiceSpec): void {
  const path = ["spec", "ports"];
  const ports = spec.ports ?? [];
  const isHeadless = spec.clusterIP === "None";
  if (ports.length === 0 && !isHeadless && spec.type !== "ExternalName") {
    checker.missing(path, "a service with an address has at least one port");
  }
  for (const [index, port] of ports.entries()) {
    checkServicePort(checker, [...path, index], port, ports.length > 1);
  }
  checkUnique(
    checker,
    ports.map(({ name }) => name),
    (index) => [...path, index, "name"],
  );
  checkUnique(
    checker,
    ports.map(({ port, protocol = "TCP" }) => `${String(port)}/${protocol}`),
    (index) => [...path, index, "port"],
  );
}

function checkServicePort(
  checker: Checker,
  path: Path,
  { name = "", nodePort = 0, port, targetPort = "" }: V1ServicePort,
  isOneOfMany: boolean,
): void {
  checkPort(checker, [...path, "port"], port);
  if (nodePort !== 0) checkPort(checker, [...path, "nodePort"], nodePort);
  if (targetPort !== "") checkPortOrName(checker, [...path, "targetPort"], targetPort);
  if (name !== "") checkDnsLabel(checker, [...path, "name"], name);
  else if (isOneOfMany) checker.missing([...path, "name"], "several ports need names");
}

function checkClusterIps(
  checker: Checker,
  { clusterIP = "", clusterIPs = [] }: V1ServiceSpec,
): void {
  if (clusterIP !== "" && clusterIP !== "None") checkIp(checker, ["spec", "clusterIP"], clusterIP);
  for (const [index, text] of clusterIPs.entries()) {
    if (text !== "None") checkIp(checker, ["spec", "clusterIPs", index], text);
  }
  if (clusterIPs[0] !== undefined && clusterIPs[0] !== clusterIP) {
    const reason = `${JSON.stringify(clusterIP)} is not the first of clusterIPs, ${clusterIPs[0]}`;
    checker.invalid(["spec", "clusterIP"], reason, "make the two the same");
  }
}
