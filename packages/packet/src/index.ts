/**
 * Network packets as plain values: parsing that gives every byte back, building with lengths and checksums
 * filled in, comparison with what a test expects, one line for people, and pcapng files. No I/O.
 *
 * @module
 */
export { buildPacket } from "./build.ts";
export { crc32c, internetChecksum, updateChecksum } from "./checksum.ts";
export { describePacket } from "./describe.ts";
export { findLayer, isLayer, type LayerOfKind } from "./find-layer.ts";
export type {
  AnyLayer,
  BuildContext,
  ChecksumRule,
  CutShort,
  Draft,
  LayerCodec,
  LayerFields,
  Malformed,
  ParseContext,
  ParsedLayer,
  ParseResult,
  Selector,
} from "./layer.ts";
export { type Arp, arp, type ArpOperation } from "./layers/arp.ts";
export { type AuthenticationHeader, authenticationHeader } from "./layers/authentication-header.ts";
export { type Esp, esp } from "./layers/esp.ts";
export { type Ethernet, ethernet } from "./layers/ethernet.ts";
export {
  type Icmp,
  icmp,
  type IcmpEcho,
  type IcmpOther,
  type IcmpOtherType,
  type IcmpParameterProblem,
  type IcmpRedirect,
  type IcmpTimeExceeded,
  type IcmpUnreachable,
  type IcmpUnreachableCode,
} from "./layers/icmp.ts";
export type { IcmpQuote } from "./layers/icmp-message.ts";
export { icmpv6 } from "./layers/icmpv6.ts";
export type * from "./layers/icmpv6-types.ts";
export { type Ipv4, ipv4, type Ipv4Option, type Ipv4OptionName } from "./layers/ipv4.ts";
export { type Ipv6, ipv6 } from "./layers/ipv6.ts";
export { type Ipv6Fragment, ipv6Fragment } from "./layers/ipv6-fragment.ts";
export {
  type Ipv6DestinationOptions,
  ipv6DestinationOptions,
  type Ipv6HopByHop,
  ipv6HopByHop,
  type Ipv6Option,
  type Ipv6OptionName,
} from "./layers/ipv6-options.ts";
export { type Ipv6Routing, ipv6Routing, type Ipv6RoutingType } from "./layers/ipv6-routing.ts";
export type {
  NdpLinkLayerAddress,
  NdpMtu,
  NdpNonce,
  NdpOption,
  NdpPrefixInformation,
  NdpRedirectedHeader,
  NdpUnknownOption,
} from "./layers/ndp-options.ts";
export type * from "./layers/ndp-router-options.ts";
export { type Ports, ports } from "./layers/ports.ts";
export { type Sctp, sctp } from "./layers/sctp.ts";
export type {
  SctpChunk,
  SctpData,
  SctpInit,
  SctpInitAck,
  SctpOtherChunk,
  SctpOtherChunkName,
} from "./layers/sctp-chunks.ts";
export { type Tcp, tcp, type TcpFlag, tcpFlags } from "./layers/tcp.ts";
export type {
  TcpMaximumSegmentSize,
  TcpNop,
  TcpOption,
  TcpSack,
  TcpSackBlock,
  TcpSackPermitted,
  TcpTimestamps,
  TcpUnknownOption,
  TcpWindowScale,
} from "./layers/tcp-options.ts";
export { type Udp, udp } from "./layers/udp.ts";
export { type Vlan, vlan } from "./layers/vlan.ts";
export { matchPacket, type Mismatch } from "./match.ts";
export {
  type EtherType,
  type EtherTypeName,
  etherTypes,
  experimentalEtherType,
  type IpProtocol,
  type IpProtocolName,
  ipProtocols,
} from "./numbers.ts";
export { type Packet, packet, type PacketDraft, type PacketProblem } from "./packet.ts";
export { PacketError, type PacketErrorCode } from "./packet-error.ts";
export {
  type LinkType,
  parsePacket,
  type ParseOptions,
  type ProtocolParseOptions,
} from "./parse.ts";
export {
  pcapngInterface,
  type PcapngInterface,
  pcapngPacket,
  type PcapngPacket,
  type PcapngSection,
  pcapngSectionHeader,
} from "./pcapng.ts";
export { createProtocols, type Protocols } from "./protocols.ts";
export { pseudoHeader, type PseudoHeader } from "./pseudo-header.ts";
export { type Layer, standardCodecs, standardProtocols } from "./standard-layers.ts";
export { type ChecksumReport, type ChecksumVerdict, verifyChecksums } from "./verify.ts";
export { concatBytes, zeroPadding } from "./wire/bytes.ts";
export {
  counted,
  type Field,
  flag,
  flagSet,
  ipv4Field,
  ipv6Field,
  macField,
  named,
  uint,
} from "./wire/field.ts";
export { type Fields, type Layout, layout } from "./wire/layout.ts";
export { nameTable, type NameTable } from "./wire/names.ts";
export { splitOptions, type SplitOptions } from "./wire/options.ts";
