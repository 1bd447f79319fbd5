import {
  type IpPrefix,
  parseIpv6,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "@heddle/contracts";
import { ipProtocols } from "@heddle/packet";
import type { ConnectionFilter } from "./connection-filter.ts";
import {
  type AddressRange,
  ConnectionState,
  type ConnectionFilter as KernelFilter,
  FilterField,
  Scope,
} from "./generated/bpf.ts";

/** The filter as the program `conn_flush` takes it. */
export function kernelFilter(filter: ConnectionFilter): KernelFilter {
  const { scope, state, protocol, destinationPort } = filter;
  return {
    source: rangeOf(filter.source),
    destination: rangeOf(filter.destination),
    either: rangeOf(filter.address),
    destinationPort: destinationPort ?? 0,
    protocol: protocol === undefined ? 0 : ipProtocols.numberOf(protocol),
    scope: scope === undefined ? 0 : Scope[scope],
    state: state === undefined ? 0 : ConnectionState[state],
    fields:
      (scope === undefined ? 0 : FilterField.scope) |
      (state === undefined ? 0 : FilterField.state) |
      (protocol === undefined ? 0 : FilterField.protocol) |
      (destinationPort === undefined ? 0 : FilterField.port),
  };
}

function rangeOf(prefix: IpPrefix | undefined): AddressRange {
  if (prefix === undefined) return { address: parseIpv6("::"), bits: 0, family: 0 };
  const family = prefixFamily(prefix);
  const bits = prefixLength(prefix) + (family === 4 ? mappedBits : 0);
  return { address: prefixAddress(prefix), bits, family };
}

/** Bits in front of the IPv4 address in an IPv4-mapped one. */
export const mappedBits = 96;
