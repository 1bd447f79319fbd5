import { type IpAddress, type IpPrefix, prefixContains } from "@heddle/contracts";
import type { IpProtocol } from "@heddle/packet";
import type { Connection, ConnectionState, Scope } from "./connection.ts";

/** Which connections are meant: those of which all that is given is true. */
export interface ConnectionFilter {
  readonly scope?: Scope;
  readonly state?: ConnectionState;
  /** The name where the protocol has one. */
  readonly protocol?: IpProtocol;
  /** Where the side that began the connection is. */
  readonly source?: IpPrefix;
  /** Where the side that answers is. */
  readonly destination?: IpPrefix;
  /** Where either side is. */
  readonly address?: IpPrefix;
  /** The port of the side that answers. */
  readonly destinationPort?: number;
}

/** Whether the connection is one that the filter means. */
export function matchesFilter(
  { scope, state, original }: Pick<Connection, "scope" | "state" | "original">,
  filter: ConnectionFilter,
): boolean {
  const { source, destination } = original;
  return (
    isOr(filter.scope, scope) &&
    isOr(filter.state, state) &&
    isOr(filter.protocol, original.protocol) &&
    isOr(filter.destinationPort, original.destinationPort) &&
    holds(filter.source, source) &&
    holds(filter.destination, destination) &&
    (holds(filter.address, source) || holds(filter.address, destination))
  );
}

function isOr<T>(wanted: T | undefined, value: T): boolean {
  return wanted === undefined || wanted === value;
}

function holds(prefix: IpPrefix | undefined, address: IpAddress): boolean {
  return prefix === undefined || prefixContains(prefix, address);
}
