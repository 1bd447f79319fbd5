import { broadcastMac, type IpAddress, isIpv4Address, parseIpv6 } from "@heddle/contracts";
import { arp, buildPacket, ethernet, icmpv6, ipv6, packet } from "@heddle/packet";
import { groupMac } from "./groups.ts";
import type { NdpDevice } from "./ndp-devices.ts";
import { ndpHopLimit } from "./validate-ndp.ts";

const allNodes = parseIpv6("ff02::1");

/**
 * The frame that tells everybody on a device's link that an address is reached by its MAC address: an ARP
 * announcement (RFC 5227 section 2.3), or an unsolicited neighbour advertisement that replaces what is remembered
 * (RFC 4861 section 7.2.6; proxies may set the override flag of those, section 7.2.8).
 */
export function announcementOf(
  address: IpAddress,
  { mac, source }: NdpDevice,
  router: boolean,
): Uint8Array {
  if (isIpv4Address(address)) {
    return buildPacket(
      packet(
        ethernet({ source: mac, destination: broadcastMac }),
        arp({ senderMac: mac, senderIp: address, targetIp: address }),
      ),
    );
  }
  return buildPacket(
    packet(
      ethernet({ source: mac, destination: groupMac(allNodes) }),
      ipv6({ source: source ?? address, destination: allNodes, hopLimit: ndpHopLimit }),
      icmpv6({
        type: "neighbor-advertisement",
        router,
        override: true,
        target: address,
        options: [{ type: "target-link-layer-address", address: mac }],
      }),
    ),
  );
}
