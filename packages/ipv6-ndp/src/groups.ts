import {
  type Ipv6Address,
  ipv6FromBytes,
  ipv6ToBytes,
  type MacAddress,
  macFromBytes,
} from "@heddle/contracts";

/** ff02::1:ff00:0, of which 104 bits are the same in all solicited-node groups (RFC 4291 section 2.7.1). */
const solicitedNode = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff);

/** The group that solicitations for an address are sent to: by its last 24 bits, which others may share. */
export function solicitedNodeGroup(address: Ipv6Address): Ipv6Address {
  return ipv6FromBytes(Uint8Array.of(...solicitedNode, ...ipv6ToBytes(address).subarray(13)));
}

/** Whether it is the solicited-node group of any address. */
export function isSolicitedNodeGroup(address: Ipv6Address): boolean {
  const bytes = ipv6ToBytes(address);
  return solicitedNode.every((byte, index) => bytes[index] === byte);
}

/** The MAC address of an IPv6 group on Ethernet (RFC 2464 section 7). */
export function groupMac(group: Ipv6Address): MacAddress {
  return macFromBytes(Uint8Array.of(0x33, 0x33, ...ipv6ToBytes(group).subarray(12)));
}
