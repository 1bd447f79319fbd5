import { type IpAddress, ipFamily } from "@heddle/contracts";
import { type IpProtocol, ipProtocols } from "@heddle/packet";
import { ConntrackError } from "./conntrack-error.ts";

/** What the packets of one direction of a connection have in common. */
export interface Tuple {
  /** The name where there is one. */
  readonly protocol: IpProtocol;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /**
   * Of TCP, UDP and SCTP. The identifier in an ICMP echo request, 0 in a reply: so the two directions mirror
   * one another like ports, and two hosts that ping each other with one identifier have two connections.
   * 0 for other protocols, which are tracked by their addresses.
   */
  readonly sourcePort: number;
  /** Of TCP, UDP and SCTP. The identifier in an ICMP echo reply, 0 in a request, and for other protocols. */
  readonly destinationPort: number;
}

/** Which of the two sides sent a packet: the one that began the connection, or the one that answers. */
export type Direction = "original" | "reply";

/** The fields of a {@link Tuple}. */
export interface TupleFields {
  /** A name or a number. */
  readonly protocol: IpProtocol;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** @defaultValue 0 */
  readonly sourcePort?: number;
  /** @defaultValue 0 */
  readonly destinationPort?: number;
}

/**
 * A tuple from its fields.
 *
 * @throws {ConntrackError} `invalid-tuple` for addresses of two families, and for numbers that do not fit
 */
export function connectionTuple(fields: TupleFields): Tuple {
  const { source, destination, sourcePort = 0, destinationPort = 0 } = fields;
  const subject = `${source} to ${destination}`;
  if (ipFamily(source) !== ipFamily(destination)) {
    throw invalidTuple(subject, "the addresses are of two families");
  }
  const protocol = ipProtocols.numberOf(fields.protocol);
  requireRange(subject, "protocol", protocol, 0xff);
  requireRange(subject, "source port", sourcePort, 0xffff);
  requireRange(subject, "destination port", destinationPort, 0xffff);
  const name = ipProtocols.nameOf(protocol);
  return { protocol: name, source, destination, sourcePort, destinationPort };
}

/** The tuple of the packets in the other direction. */
export function reverseTuple(tuple: Tuple): Tuple {
  return {
    protocol: tuple.protocol,
    source: tuple.destination,
    destination: tuple.source,
    sourcePort: tuple.destinationPort,
    destinationPort: tuple.sourcePort,
  };
}

/** Equal for equal tuples, and for people: `tcp 10.0.1.5:34512 > 10.0.2.7:80`. */
export function formatTuple(tuple: Tuple): string {
  const { protocol, source, destination, sourcePort, destinationPort } = tuple;
  const from = endpoint(source, sourcePort);
  return `${String(protocol)} ${from} > ${endpoint(destination, destinationPort)}`;
}

function endpoint(address: IpAddress, port: number): string {
  return address.includes(":") ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}

function requireRange(subject: string, what: string, value: number, last: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= last) return;
  throw invalidTuple(
    subject,
    `${what} ${String(value)} is not a whole number from 0 to ${String(last)}`,
  );
}

function invalidTuple(subject: string, reason: string): ConntrackError {
  return new ConntrackError({
    code: "invalid-tuple",
    operation: "make tuple",
    subject,
    reason,
  });
}
