import { isIpv4Address, parseIpv4, port, type Port } from "@heddle/contracts";
import { dynamicPorts, geneve, genevePort, geneveProtocols } from "@heddle/encap-geneve";
import { buildPacket, ethernet, ipv4, udp } from "@heddle/packet";
import type { Hop } from "./frames.ts";

/** What a tunnel of IPv4 with a frame in it adds: headers of IPv4, UDP, Geneve and Ethernet. */
export const tunnelBytes = 50;

/** A source port that another node may have chosen. */
export const somePort: Port = port(50_000);

const unknownIdentity = 2;
/** Where the UDP header begins. */
const outerUdp = 34;

/** The frame in a tunnel between two nodes, from somebody of whom nothing is said. */
export function tunnelPacket(outer: Hop, sourcePort: Port, frame: Uint8Array): Uint8Array {
  const { sourceMac, destinationMac, source, destination } = outer;
  if (!isIpv4Address(source)) throw new Error("such tunnels are not measured");
  const layers = [
    ethernet({ source: sourceMac, destination: destinationMac }),
    ipv4({ source, destination: parseIpv4(destination), dontFragment: true }),
    udp({ sourcePort, destinationPort: genevePort, checksum: 0 }),
    geneve({ vni: unknownIdentity, protocol: "transparent-ethernet-bridging" }),
  ];
  return buildPacket({ layers, payload: frame }, geneveProtocols);
}

/** The source port of a packet in a tunnel, which is a hash of the flow. */
export function tunnelPort(packet: Uint8Array): Port {
  const { first, last } = dynamicPorts;
  const found = Buffer.from(packet).readUInt16BE(outerUdp);
  if (found < first || found > last) throw new Error(`${String(found)} is no dynamic port`);
  return port(found);
}
