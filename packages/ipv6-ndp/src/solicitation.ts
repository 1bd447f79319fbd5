import { type Ipv6Address, type MacAddress, parseIpv6 } from "@heddle/contracts";
import { ethernet, icmpv6, ipv6, type NdpOption, packet, type PacketDraft } from "@heddle/packet";
import { groupMac, solicitedNodeGroup } from "./groups.ts";
import { ndpHopLimit } from "./validate-ndp.ts";

/** Who asks for whose link-layer address. */
export interface NeighborQuestion {
  readonly target: Ipv6Address;
  /** The MAC address of who asks. */
  readonly mac: MacAddress;
  /** @defaultValue `::`, which asks whether anybody has the address (RFC 4862 section 5.4.2) */
  readonly source?: Ipv6Address;
  /** Asks one host whether it is still there. @defaultValue all who may have the address are asked */
  readonly destination?: { readonly address: Ipv6Address; readonly mac: MacAddress };
}

const unspecified = parseIpv6("::");

/** The neighbour solicitation, as a frame to be built (RFC 4861 section 7.2.2). */
export function solicitationOf(question: NeighborQuestion): PacketDraft {
  const { target, mac, source = unspecified, destination } = question;
  const group = solicitedNodeGroup(target);
  const own: NdpOption = { type: "source-link-layer-address", address: mac };
  return packet(
    ethernet({ source: mac, destination: destination?.mac ?? groupMac(group) }),
    ipv6({ source, destination: destination?.address ?? group, hopLimit: ndpHopLimit }),
    icmpv6({
      type: "neighbor-solicitation",
      target,
      options: source === unspecified ? [] : [own],
    }),
  );
}
