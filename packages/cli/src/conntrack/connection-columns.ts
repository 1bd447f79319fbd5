import type { ConnectionRecord, PerDirection, Tuple } from "@heddle/conntrack";
import { formatEnd } from "../flow-line.ts";
import type { Columns } from "../table.ts";
import { formatDuration } from "./duration.ts";

/** A connection in a row. Numbers of both directions are those of who began it, then those of who answers. */
export const connectionColumns: Columns<ConnectionRecord> = {
  protocol: ({ original }) => original.protocol,
  source: ({ original }) => sourceOf(original),
  destination: ({ original }) => destinationOf(original),
  translated: (connection) => translatedSource(connection),
  state: ({ state }) => state,
  flags: (connection) => flagsOf(connection).join(","),
  left: ({ remaining }) => formatDuration(remaining),
  age: ({ age }) => formatDuration(age),
  packets: ({ packets }) => formatDirections(packets),
  bytes: ({ bytes }) => formatDirections(bytes),
};

/** With what else there is to know of it. */
export const wideConnectionColumns: Columns<ConnectionRecord> = {
  scope: ({ scope }) => scope,
  ...connectionColumns,
  replySource: ({ reply }) => sourceOf(reply),
  replyDestination: ({ reply }) => destinationOf(reply),
};

/** The address that the connection leaves with, where that is another one than its source. */
export function translatedSource({
  original,
  reply,
}: Pick<ConnectionRecord, "original" | "reply">): string | undefined {
  const translated = destinationOf(reply);
  return translated === sourceOf(original) ? undefined : translated;
}

export function formatDirections({ original, reply }: PerDirection<number>): string {
  return `${String(original)}/${String(reply)}`;
}

/** The connection's packets in short: `tcp 10.0.1.5:34512 > 10.0.2.7:80`, of an echo `icmp 10.0.1.5:7 > 10.0.2.7`. */
export function formatEnds(original: Tuple): string {
  return `${String(original.protocol)} ${sourceOf(original)} > ${destinationOf(original)}`;
}

function flagsOf({ scope, answered, finished }: ConnectionRecord): readonly string[] {
  const { original, reply } = finished;
  const flags: Readonly<Record<string, boolean>> = {
    service: scope === "service",
    answered,
    finished: original && reply,
    "source-finished": original && !reply,
    "destination-finished": reply && !original,
  };
  return Object.keys(flags).filter((flag) => flags[flag] === true);
}

function sourceOf({ source, sourcePort, protocol }: Tuple): string {
  return formatEnd(source, portOf(sourcePort, protocol));
}

function destinationOf({ destination, destinationPort, protocol }: Tuple): string {
  return formatEnd(destination, portOf(destinationPort, protocol));
}

/** Without ports and identifiers there are zeros in their place. */
function portOf(port: number, protocol: Tuple["protocol"]): number | undefined {
  return port === 0 && !withPorts.has(protocol) ? undefined : port;
}

const withPorts: ReadonlySet<Tuple["protocol"]> = new Set(["tcp", "udp", "sctp"]);
