import type { InterfaceIndex, IpAddress } from "@heddle/contracts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "../netlink/attributes.ts";
import { be16, deviceIndex, ipAddress, truth, u16, u32, u8 } from "../netlink/payload.ts";
import { type Range, range } from "../netlink/range.ts";

/** How a bridge works, `IFLA_BR_*` of linux/if_link.h. Times are in hundredths of a second. */
export interface BridgeSettings extends UnknownAttributes {
  readonly forwardDelay?: number;
  readonly helloTime?: number;
  readonly maxAge?: number;
  /** How long an address is remembered after it was last seen. */
  readonly ageingTime?: number;
  /** The spanning tree protocol: 0 off, 1 by the kernel, 2 by a program. */
  readonly stpState?: number;
  readonly priority?: number;
  readonly vlanFiltering?: boolean;
  /** The ethertype of the tags that are filtered by: 0x8100 or 0x88a8. */
  readonly vlanProtocol?: number;
  /** A bit for each of the addresses 01:80:c2:00:00:00 to :0f that is forwarded in spite of the standard. */
  readonly groupForwardMask?: number;
  readonly multicastSnooping?: boolean;
  readonly vlanDefaultPvid?: number;
}

/** A VXLAN tunnel, `IFLA_VXLAN_*` of linux/if_link.h. */
export interface VxlanSettings extends UnknownAttributes {
  /** The network identifier, 0 to 2^24 - 1; required to make one, unless the metadata decides. */
  readonly id?: number;
  /** The other end, or the multicast group of the ends, over IPv4. */
  readonly remote?: IpAddress;
  /** The device that carries the tunnel. */
  readonly link?: InterfaceIndex;
  /** The source address over IPv4. */
  readonly local?: IpAddress;
  /** 0 inherits the inner packet's. */
  readonly ttl?: number;
  /** 1 inherits the inner packet's. */
  readonly tos?: number;
  /** Whether addresses are learned from what is received. */
  readonly learning?: boolean;
  /** Seconds for which a learned address is remembered. */
  readonly ageing?: number;
  /** How many addresses are learned at most; 0 is no limit. */
  readonly limit?: number;
  /** The UDP source ports to use. */
  readonly sourcePorts?: Range;
  /** Whether the device answers ARP and neighbour solicitations from its table. */
  readonly proxy?: boolean;
  /** The UDP port to send to and to receive at. The kernel's default is 8472, the standard's 4789 (RFC 7348). */
  readonly port?: number;
  /** Like `remote`, over IPv6. */
  readonly remote6?: IpAddress;
  /** Like `local`, over IPv6. */
  readonly local6?: IpAddress;
  readonly udpChecksum?: boolean;
  readonly udpZeroChecksum6Send?: boolean;
  readonly udpZeroChecksum6Receive?: boolean;
  /** Whether each packet's metadata decides about the tunnel, as eBPF programs set it. */
  readonly collectMetadata?: boolean;
}

export const bridgeCodec: AttributesCodec<BridgeSettings> = attributes({
  forwardDelay: [1, u32],
  helloTime: [2, u32],
  maxAge: [3, u32],
  ageingTime: [4, u32],
  stpState: [5, u32],
  priority: [6, u16],
  vlanFiltering: [7, truth(u8)],
  vlanProtocol: [8, be16],
  groupForwardMask: [9, u16],
  multicastSnooping: [23, truth(u8)],
  vlanDefaultPvid: [39, u16],
});

export const vxlanCodec: AttributesCodec<VxlanSettings> = attributes({
  id: [1, u32],
  remote: [2, ipAddress],
  link: [3, deviceIndex],
  local: [4, ipAddress],
  ttl: [5, u8],
  tos: [6, u8],
  learning: [7, truth(u8)],
  ageing: [8, u32],
  limit: [9, u32],
  sourcePorts: [10, range(be16)],
  proxy: [11, truth(u8)],
  port: [15, be16],
  remote6: [16, ipAddress],
  local6: [17, ipAddress],
  udpChecksum: [18, truth(u8)],
  udpZeroChecksum6Send: [19, truth(u8)],
  udpZeroChecksum6Receive: [20, truth(u8)],
  collectMetadata: [25, truth(u8)],
});
