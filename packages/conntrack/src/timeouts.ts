import type { IpProtocol } from "@heddle/packet";
import { invalidOption } from "./conntrack-error.ts";

/** How long an entry lives after a packet, in milliseconds. */
export interface Timeouts {
  /**
   * A TCP or SCTP connection that stands, also when one side has finished.
   *
   * @defaultValue 8,000,000: RFC 5382 asks for more than 2 hours and 4 minutes
   */
  readonly established: number;
  /**
   * A TCP or SCTP connection of which only the handshake was seen: SYN, SYN+ACK.
   *
   * @defaultValue 60,000
   */
  readonly opening: number;
  /**
   * A TCP or SCTP connection that both sides have finished or one has aborted; further packets do not
   * extend it.
   *
   * @defaultValue 10,000; 60,000 for a service entry, which does not see the other side finish
   */
  readonly closing: number;
  /**
   * Everything else: UDP, ICMP echo, protocols without ports.
   *
   * @defaultValue 60,000
   */
  readonly other: number;
}

/** How long what is known of packets is kept. */
export interface TimeoutOptions {
  /**
   * How long entries live.
   *
   * @defaultValue as for each of them
   */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * How long service entries live.
   *
   * @defaultValue as `timeouts`, with 60 s of `closing`
   */
  readonly serviceTimeouts?: Partial<Timeouts>;
  /**
   * Milliseconds in which the fragments of a datagram must come.
   *
   * @defaultValue 30,000, as in Linux
   */
  readonly fragmentTimeout?: number;
}

const defaults: Timeouts = {
  established: 8_000_000,
  opening: 60_000,
  closing: 10_000,
  other: 60_000,
};

/** What a service entry lives on after one side has finished. */
const serviceGrace = 60_000;

/** The timeouts of connections and of service entries. */
export interface AllTimeouts {
  readonly connection: Timeouts;
  readonly service: Timeouts;
}

/** @throws {ConntrackError} `invalid-option` for timeouts that are not positive or contradict one another */
export function resolveTimeouts(
  connection: Partial<Timeouts>,
  service: Partial<Timeouts>,
): AllTimeouts {
  const ofConnections = { ...defaults, ...connection };
  const ofServices = { ...ofConnections, closing: serviceGrace, ...service };
  checkTimeouts("timeouts", ofConnections);
  checkTimeouts("serviceTimeouts", ofServices);
  return { connection: ofConnections, service: ofServices };
}

function checkTimeouts(option: string, timeouts: Timeouts): void {
  for (const name of ["established", "opening", "closing", "other"] as const) {
    const value = timeouts[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      const reason = `${String(value)} is not a whole number of milliseconds from 1 on`;
      throw invalidOption(`${option}.${name}`, reason);
    }
  }
  requireShorter(option, timeouts, "opening");
  requireShorter(option, timeouts, "closing");
}

/** A connection may not live longer for never having been established, or for being over. */
function requireShorter(option: string, timeouts: Timeouts, name: "opening" | "closing"): void {
  const [value, established] = [timeouts[name], timeouts.established];
  if (value <= established) return;
  throw invalidOption(
    `${option}.${name}`,
    `${String(value)} ms is longer than ${option}.established, which is ${String(established)} ms`,
    `set ${name} to ${String(established)} at most`,
  );
}

/** Whether the protocol opens and closes its connections. */
export function isStream(protocol: IpProtocol): boolean {
  return protocol === "tcp" || protocol === "sctp";
}
