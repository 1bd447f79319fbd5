import type { V1EndpointSlice } from "@kubernetes/client-node";
import { ipFamily } from "@heddle/contracts";
import type { Path } from "../finding.ts";
import { type Checker, checkIp, checkPort, checkUnique } from "./checker.ts";
import { checkDnsLabel, checkDnsSubdomain } from "./metadata.ts";

export function checkEndpointSlice(checker: Checker, slice: V1EndpointSlice): void {
  for (const [index, endpoint] of (slice.endpoints ?? []).entries()) {
    const path = ["endpoints", index];
    if (endpoint.addresses.length === 0) {
      checker.missing([...path, "addresses"], "an endpoint has at least one address");
    }
    for (const [position, address] of endpoint.addresses.entries()) {
      checkAddress(checker, [...path, "addresses", position], address, slice.addressType);
    }
    if (endpoint.nodeName !== undefined) {
      checkDnsSubdomain(checker, [...path, "nodeName"], endpoint.nodeName);
    }
  }
  checkPorts(checker, slice);
}

function checkAddress(checker: Checker, path: Path, text: string, type: string): void {
  if (type === "FQDN") {
    checkDnsSubdomain(checker, path, text);
    return;
  }
  const address = checkIp(checker, path, text);
  if (address !== undefined && `IPv${String(ipFamily(address))}` !== type) {
    checker.invalid(path, `${text} is not of the slice's addressType ${type}`);
  }
}

function checkPorts(checker: Checker, { ports = [] }: V1EndpointSlice): void {
  for (const [index, { name = "", port }] of ports.entries()) {
    if (port !== undefined) checkPort(checker, ["ports", index, "port"], port);
    if (name !== "") checkDnsLabel(checker, ["ports", index, "name"], name);
  }
  checkUnique(
    checker,
    ports.map(({ name }) => name),
    (index) => ["ports", index, "name"],
  );
}
