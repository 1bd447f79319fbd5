import type { LayerCodec } from "./layer.ts";
import { type Arp, arpCodec } from "./layers/arp.ts";
import {
  type AuthenticationHeader,
  authenticationHeaderCodec,
} from "./layers/authentication-header.ts";
import { type Esp, espCodec } from "./layers/esp.ts";
import { type Ethernet, ethernetCodec } from "./layers/ethernet.ts";
import { type Icmp, icmpCodec } from "./layers/icmp.ts";
import { icmpv6Codec } from "./layers/icmpv6.ts";
import type { Icmpv6 } from "./layers/icmpv6-types.ts";
import { type Ipv4, ipv4Codec } from "./layers/ipv4.ts";
import { type Ipv6, ipv6Codec } from "./layers/ipv6.ts";
import { type Ipv6Fragment, ipv6FragmentCodec } from "./layers/ipv6-fragment.ts";
import {
  type Ipv6DestinationOptions,
  ipv6DestinationOptionsCodec,
  type Ipv6HopByHop,
  ipv6HopByHopCodec,
} from "./layers/ipv6-options.ts";
import { type Ipv6Routing, ipv6RoutingCodec } from "./layers/ipv6-routing.ts";
import { type Ports, portsCodec } from "./layers/ports.ts";
import { type Sctp, sctpCodec } from "./layers/sctp.ts";
import { type Tcp, tcpCodec } from "./layers/tcp.ts";
import { type Udp, udpCodec } from "./layers/udp.ts";
import { type Vlan, vlanCodec } from "./layers/vlan.ts";
import { createProtocols, type Protocols } from "./protocols.ts";

/** The layers that this package knows. */
export type Layer =
  | Ethernet
  | Vlan
  | Arp
  | Ipv4
  | Ipv6
  | Ipv6HopByHop
  | Ipv6Routing
  | Ipv6Fragment
  | Ipv6DestinationOptions
  | AuthenticationHeader
  | Esp
  | Tcp
  | Udp
  | Sctp
  | Icmp
  | Icmpv6
  | Ports;

/** The codecs of {@link Layer}, to be put together with further ones by `createProtocols`. */
export const standardCodecs: readonly LayerCodec<Layer>[] = [
  ethernetCodec,
  vlanCodec,
  arpCodec,
  ipv4Codec,
  ipv6Codec,
  ipv6HopByHopCodec,
  ipv6RoutingCodec,
  ipv6FragmentCodec,
  ipv6DestinationOptionsCodec,
  authenticationHeaderCodec,
  espCodec,
  tcpCodec,
  udpCodec,
  sctpCodec,
  icmpCodec,
  icmpv6Codec,
  portsCodec,
];

/** What parsing and building use unless told otherwise. */
export const standardProtocols: Protocols<Layer> = createProtocols(standardCodecs);
