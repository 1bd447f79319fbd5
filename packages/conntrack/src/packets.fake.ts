import { type IpAddress, isIpv4Address, parseIp } from "@heddle/contracts";
import {
  buildPacket,
  ipv4,
  ipv6,
  packet,
  type Packet,
  type PacketDraft,
  parsePacket,
  sctp,
  type SctpChunk,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";
import { connectionTuple, type Observation, type Signal, type Tuple } from "./index.ts";

/** The two ends of a connection, in either family. */
const client: IpAddress = parseIp("10.0.1.5");
const server: IpAddress = parseIp("10.0.2.7");

/** Built and parsed again, as if it came from a wire. */
export function seen(draft: PacketDraft): Packet {
  return parsePacket(buildPacket(draft), { linkType: "ip" });
}

/** The IP header of the family. */
function ip(source: IpAddress, destination: IpAddress): PacketDraft["layers"][number] {
  if (isIpv4Address(source) && isIpv4Address(destination)) return ipv4({ source, destination });
  if (!isIpv4Address(source) && !isIpv4Address(destination)) return ipv6({ source, destination });
  throw new TypeError(`${source} and ${destination} are of two families`);
}

type Side = "client" | "server";

/** Packets between port 40000 of the client and port 80 of the server. */
function between(from: Side): {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ports: { readonly sourcePort: number; readonly destinationPort: number };
} {
  return from === "client"
    ? { source: client, destination: server, ports: { sourcePort: 40_000, destinationPort: 80 } }
    : { source: server, destination: client, ports: { sourcePort: 80, destinationPort: 40_000 } };
}

export function segment(from: Side, ...flags: readonly TcpFlag[]): Packet {
  const { source, destination, ports } = between(from);
  return seen(packet(ip(source, destination), tcp({ ...ports, flags })));
}

export function datagram(from: Side): Packet {
  const { source, destination, ports } = between(from);
  return seen(packet(ip(source, destination), udp(ports), "data"));
}

export function chunk(from: Side, type: SctpChunk["type"]): Packet {
  const { source, destination, ports } = between(from);
  const verificationTag = type === "init" ? 0 : 7;
  return seen(
    packet(ip(source, destination), sctp({ ...ports, verificationTag, chunks: [{ type }] })),
  );
}

/** What is seen in a packet that has only what the test says. */
export function observation(tuple: Tuple, signal: Signal): Observation {
  return { tuple, signal, bytes: 60 };
}

/** A TCP tuple of two ends, `10.0.1.5:40000` and `10.0.2.7:80`. */
export function tcpTuple(from: string, to: string): Tuple {
  const [source, sourcePort] = end(from);
  const [destination, destinationPort] = end(to);
  return connectionTuple({ protocol: "tcp", source, destination, sourcePort, destinationPort });
}

function end(text: string): readonly [address: IpAddress, port: number] {
  const colon = text.lastIndexOf(":");
  return [parseIp(text.slice(0, colon).replace(/^\[|\]$/g, "")), Number(text.slice(colon + 1))];
}
