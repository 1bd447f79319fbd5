import type {
  V1Container,
  V1ContainerPort,
  V1Pod,
  V1PodSpec,
  V1PodStatus,
  V1Probe,
} from "@kubernetes/client-node";
import { ipFamily } from "@heddle/contracts";
import type { Path } from "../finding.ts";
import {
  type Checker,
  checkIp,
  checkPort,
  checkPortName,
  checkPortOrName,
  checkUnique,
} from "./checker.ts";
import { checkLabels } from "./labels.ts";
import { checkDnsLabel, checkDnsSubdomain } from "./metadata.ts";

export function checkPod(checker: Checker, { spec, status }: V1Pod): void {
  if (spec === undefined) checker.missing(["spec"], "a pod has at least one container");
  else checkPodSpec(checker, ["spec"], spec);
  if (status !== undefined) checkPodStatus(checker, status);
}

/** Also for the pods of a template. */
export function checkPodSpec(checker: Checker, path: Path, spec: V1PodSpec): void {
  checkContainers(checker, path, spec);
  if (spec.nodeName !== undefined) checkDnsSubdomain(checker, [...path, "nodeName"], spec.nodeName);
  if (spec.hostname !== undefined) checkDnsLabel(checker, [...path, "hostname"], spec.hostname);
  if (spec.subdomain !== undefined) checkDnsLabel(checker, [...path, "subdomain"], spec.subdomain);
  checkLabels(checker, [...path, "nodeSelector"], spec.nodeSelector);
  for (const [index, { ip }] of (spec.hostAliases ?? []).entries()) {
    checkIp(checker, [...path, "hostAliases", index, "ip"], ip);
  }
}

function checkContainers(checker: Checker, path: Path, spec: V1PodSpec): void {
  if (spec.containers.length === 0) {
    checker.missing([...path, "containers"], "a pod has at least one container");
  }
  const located = [
    ...locate([...path, "containers"], spec.containers),
    ...locate([...path, "initContainers"], spec.initContainers),
    ...locate([...path, "ephemeralContainers"], spec.ephemeralContainers),
  ];
  for (const { path: containerPath, container } of located) {
    checkContainer(checker, containerPath, container, spec.hostNetwork === true);
  }
  checkUnique(
    checker,
    located.map(({ container }) => container.name),
    (index) => [...(located[index]?.path ?? path), "name"],
  );
}

interface LocatedContainer {
  readonly path: Path;
  readonly container: V1Container;
}

function locate(path: Path, containers: readonly V1Container[] = []): LocatedContainer[] {
  return containers.map((container, index) => ({ path: [...path, index], container }));
}

function checkContainer(
  checker: Checker,
  path: Path,
  container: V1Container,
  hostNetwork: boolean,
): void {
  checkDnsLabel(checker, [...path, "name"], container.name);
  if (container.image === undefined || container.image === "") {
    checker.missing([...path, "image"], "name the container's image");
  }
  const ports = container.ports ?? [];
  for (const [index, port] of ports.entries()) {
    checkContainerPort(checker, [...path, "ports", index], port, hostNetwork);
  }
  checkUnique(
    checker,
    ports.map(({ name }) => name),
    (index) => [...path, "ports", index, "name"],
  );
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[name];
    if (probe !== undefined) checkProbe(checker, [...path, name], probe);
  }
}

function checkContainerPort(
  checker: Checker,
  path: Path,
  { containerPort, hostIP, hostPort = 0, name = "" }: V1ContainerPort,
  hostNetwork: boolean,
): void {
  checkPort(checker, [...path, "containerPort"], containerPort);
  if (hostPort !== 0) checkPort(checker, [...path, "hostPort"], hostPort);
  if (hostNetwork && hostPort !== 0 && hostPort !== containerPort) {
    const reason = `${String(hostPort)} is not the containerPort ${String(containerPort)}`;
    checker.invalid(
      [...path, "hostPort"],
      reason,
      "a pod on the host's network has no port mapping",
    );
  }
  if (name !== "") checkPortName(checker, [...path, "name"], name);
  if (hostIP !== undefined && hostIP !== "") checkIp(checker, [...path, "hostIP"], hostIP);
}

function checkProbe(checker: Checker, path: Path, { grpc, httpGet, tcpSocket }: V1Probe): void {
  if (grpc !== undefined) checkPort(checker, [...path, "grpc", "port"], grpc.port);
  if (httpGet !== undefined) {
    checkPortOrName(checker, [...path, "httpGet", "port"], httpGet.port);
  }
  if (tcpSocket !== undefined) {
    checkPortOrName(checker, [...path, "tcpSocket", "port"], tcpSocket.port);
  }
}

function checkPodStatus(checker: Checker, status: V1PodStatus): void {
  checkAddresses(checker, ["status", "podIPs"], ["status", "podIP"], status.podIP, status.podIPs);
  checkAddresses(
    checker,
    ["status", "hostIPs"],
    ["status", "hostIP"],
    status.hostIP,
    status.hostIPs,
  );
}

/** At most one address of each family; the first is the one that the single field has. */
function checkAddresses(
  checker: Checker,
  listPath: Path,
  singlePath: Path,
  single: string | undefined,
  list: readonly { readonly ip: string }[] = [],
): void {
  if (single !== undefined && single !== "") checkIp(checker, singlePath, single);
  const families = list.map(({ ip }, index) => {
    const address = checkIp(checker, [...listPath, index, "ip"], ip);
    return address === undefined ? undefined : `IPv${String(ipFamily(address))}`;
  });
  checkUnique(checker, families, (index) => [...listPath, index, "ip"]);
  if (single !== undefined && list[0] !== undefined && list[0].ip !== single) {
    checker.invalid(singlePath, `${single} is not the first of the list, ${list[0].ip}`);
  }
}
