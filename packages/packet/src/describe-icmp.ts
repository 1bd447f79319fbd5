import type { Icmp } from "./layers/icmp.ts";
import type { Icmpv6 } from "./layers/icmpv6-types.ts";
import type { Packet } from "./packet.ts";
import { words } from "./words.ts";

/** An ICMP message in words. `describeQuoted` renders the packet that it quotes. */
export function describeIcmp(message: Icmp, describeQuoted: (quoted: Packet) => string): string {
  switch (message.type) {
    case "echo-request":
    case "echo-reply":
      return describeEcho(message);
    case "destination-unreachable": {
      const mtu =
        message.code === "fragmentation-needed" ? `, MTU ${String(message.nextHopMtu)}` : "";
      return `${reason(message)}${mtu}${about(message.quoted, describeQuoted)}`;
    }
    case "time-exceeded":
    case "parameter-problem":
      return `${reason(message)}${about(message.quoted, describeQuoted)}`;
    case "redirect":
      return `redirect to ${message.gateway}${about(message.quoted, describeQuoted)}`;
    case "router-advertisement":
    case "router-solicitation":
    case "timestamp":
    case "timestamp-reply":
    default:
      return describeOther(message.type);
  }
}

/** An ICMPv6 message in words. `describeQuoted` renders the packet that it quotes. */
export function describeIcmpv6(
  message: Icmpv6,
  describeQuoted: (quoted: Packet) => string,
): string {
  switch (message.type) {
    case "echo-request":
    case "echo-reply":
      return describeEcho(message);
    case "packet-too-big":
      return `packet too big, MTU ${String(message.mtu)}${about(message.quoted, describeQuoted)}`;
    case "destination-unreachable":
    case "time-exceeded":
    case "parameter-problem":
      return `${reason(message)}${about(message.quoted, describeQuoted)}`;
    case "router-solicitation":
    case "router-advertisement":
      return words(message.type);
    case "neighbor-solicitation":
      return `neighbor solicitation for ${message.target}`;
    case "neighbor-advertisement":
      return `neighbor advertisement of ${message.target}`;
    case "redirect":
      return `redirect to ${message.target} for ${message.destination}`;
    case "multicast-listener-query":
    case "multicast-listener-report":
    case "multicast-listener-done":
      return `${words(message.type)} ${message.group}`;
    case "multicast-listener-report-v2":
      return [words(message.type), ...message.records.map(({ group }) => group)].join(" ");
    default:
      return describeOther(message.type);
  }
}

interface Echo {
  readonly type: string;
  readonly identifier: number;
  readonly sequenceNumber: number;
}

function describeEcho({ type, identifier, sequenceNumber }: Echo): string {
  return `${words(type)} id ${String(identifier)} seq ${String(sequenceNumber)}`;
}

/** The code says more than the type, where it has a name. */
function reason({ type, code }: { readonly type: string; readonly code: string | number }): string {
  return typeof code === "number" ? `${words(type)} code ${String(code)}` : words(code);
}

function about(quoted: Packet, describeQuoted: (quoted: Packet) => string): string {
  return quoted.layers.length === 0 ? "" : ` for ${describeQuoted(quoted)}`;
}

function describeOther(type: string | number): string {
  return typeof type === "number" ? `type ${String(type)}` : words(type);
}
