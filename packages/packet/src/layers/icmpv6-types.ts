import type { Ipv6Address } from "@heddle/contracts";
import type { IcmpQuote } from "./icmp-message.ts";
import type { NdpOption } from "./ndp-options.ts";

interface Icmpv6Header {
  readonly kind: "icmpv6";
  /** Computed when left out. */
  readonly checksum: number;
}

interface Icmpv6PlainHeader extends Icmpv6Header {
  /** Default 0. */
  readonly code: number;
}

/** Echo request and reply (RFC 4443 section 4). The data is the packet's payload. */
export interface Icmpv6Echo extends Icmpv6PlainHeader {
  readonly type: "echo-request" | "echo-reply";
  /** Default 0. */
  readonly identifier: number;
  /** Default 0. */
  readonly sequenceNumber: number;
}

/** Why a destination is unreachable (RFC 4443 section 3.1). */
export type Icmpv6UnreachableCode =
  | "no-route"
  | "administratively-prohibited"
  | "beyond-scope"
  | "address-unreachable"
  | "port-unreachable"
  | "source-address-policy"
  | "reject-route";

/** A packet could not be delivered (RFC 4443 section 3.1). */
export interface Icmpv6Unreachable extends Icmpv6Header, IcmpQuote {
  readonly type: "destination-unreachable";
  /** Default `no-route`. */
  readonly code: Icmpv6UnreachableCode | number;
  /** Bytes that the quotation is said to have, a multiple of 8; 0 when there are no extensions (RFC 4884). Default 0. */
  readonly quotedLength: number;
  /** 24 bits. Default 0. */
  readonly unused: number;
}

/** A packet was larger than the next link takes (RFC 4443 section 3.2). */
export interface Icmpv6PacketTooBig extends Icmpv6PlainHeader, IcmpQuote {
  readonly type: "packet-too-big";
  /** Bytes. Default 1280. */
  readonly mtu: number;
}

/** A packet made too many hops, or its fragments did not all arrive (RFC 4443 section 3.3). */
export interface Icmpv6TimeExceeded extends Icmpv6Header, IcmpQuote {
  readonly type: "time-exceeded";
  /** Default `hop-limit-exceeded`. */
  readonly code: "hop-limit-exceeded" | "reassembly-time-exceeded" | number;
  /** Bytes that the quotation is said to have, a multiple of 8; 0 when there are no extensions (RFC 4884). Default 0. */
  readonly quotedLength: number;
  /** 24 bits. Default 0. */
  readonly unused: number;
}

/** A header field could not be processed (RFC 4443 section 3.4). */
export interface Icmpv6ParameterProblem extends Icmpv6Header, IcmpQuote {
  readonly type: "parameter-problem";
  /** Default `erroneous-header`. */
  readonly code: "erroneous-header" | "unrecognized-next-header" | "unrecognized-option" | number;
  /** Offset of the byte in the quoted packet. Default 0. */
  readonly pointer: number;
}

interface NdpMessage extends Icmpv6PlainHeader {
  /** Default none. */
  readonly options: readonly NdpOption[];
  /** What follows the last whole option; not empty only in a message that is invalid or was cut short. Default none. */
  readonly optionTail: Uint8Array;
}

/** Asks for router advertisements (RFC 4861 section 4.1). */
export interface RouterSolicitation extends NdpMessage {
  readonly type: "router-solicitation";
  /** 32 bits. Default 0. */
  readonly reserved: number;
}

/** What a router says of itself and the link (RFC 4861 section 4.2). */
export interface RouterAdvertisement extends NdpMessage {
  readonly type: "router-advertisement";
  /** 0: the router does not say. Default 0. */
  readonly hopLimit: number;
  /** Addresses come from DHCPv6. Default false. */
  readonly managed: boolean;
  /** Other settings come from DHCPv6. Default false. */
  readonly otherConfiguration: boolean;
  /** RFC 6275 section 7.1. Default false. */
  readonly homeAgent: boolean;
  /** RFC 4191 section 2.2; 2 is reserved. Default `medium`. */
  readonly preference: "low" | "medium" | "high" | number;
  /** RFC 4389 section 4.1.3.3. Default false. */
  readonly proxy: boolean;
  /** 2 bits. Default 0. */
  readonly reserved: number;
  /** Seconds as a default router; 0: it is none. Default 0. */
  readonly routerLifetime: number;
  /** Milliseconds; 0: the router does not say. Default 0. */
  readonly reachableTime: number;
  /** Milliseconds; 0: the router does not say. Default 0. */
  readonly retransmissionTime: number;
}

/** Asks for the link-layer address of `target` (RFC 4861 section 4.3). */
export interface NeighborSolicitation extends NdpMessage {
  readonly type: "neighbor-solicitation";
  /** 32 bits. Default 0. */
  readonly reserved: number;
  /** Default `::`. */
  readonly target: Ipv6Address;
}

/** Says the link-layer address of `target` (RFC 4861 section 4.4). */
export interface NeighborAdvertisement extends NdpMessage {
  readonly type: "neighbor-advertisement";
  /** The sender is a router. Default false. */
  readonly router: boolean;
  /** It answers a solicitation. Default false. */
  readonly solicited: boolean;
  /** It replaces what is cached. Default false. */
  readonly override: boolean;
  /** 29 bits. Default 0. */
  readonly reserved: number;
  /** Default `::`. */
  readonly target: Ipv6Address;
}

/** A better first hop for `destination` (RFC 4861 section 4.5). */
export interface NdpRedirect extends NdpMessage {
  readonly type: "redirect";
  /** 32 bits. Default 0. */
  readonly reserved: number;
  /** The better first hop. Default `::`. */
  readonly target: Ipv6Address;
  /** Default `::`. */
  readonly destination: Ipv6Address;
}

/** Asks who listens to which groups (RFC 2710 section 3, RFC 3810 section 5.1). */
export interface MulticastListenerQuery extends Icmpv6PlainHeader {
  readonly type: "multicast-listener-query";
  /** Milliseconds below 32768; from there on a floating-point code of version 2. Default 0. */
  readonly maximumResponseCode: number;
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Default `::`, which asks for all. */
  readonly group: Ipv6Address;
  /** What version 2 adds. Default nothing, which makes it a query of version 1. */
  readonly version2?: MldQueryVersion2;
}

/** The end of a query of version 2 (RFC 3810 section 5.1). */
export interface MldQueryVersion2 {
  /** 4 bits. Default 0. */
  readonly reserved: number;
  /** Routers that hear it keep their timers. Default false. */
  readonly suppress: boolean;
  /** 3 bits. Default 0. */
  readonly robustness: number;
  /** Seconds below 128; from there on a floating-point code. Default 0. */
  readonly queryIntervalCode: number;
  /** Computed when left out. */
  readonly sourceCount: number;
  /** Default none. */
  readonly sources: readonly Ipv6Address[];
}

/** Says that somebody listens, or does not any more, in version 1 (RFC 2710 section 3). */
export interface MulticastListenerReport extends Icmpv6PlainHeader {
  readonly type: "multicast-listener-report" | "multicast-listener-done";
  /** 16 bits. Default 0. */
  readonly maximumResponseDelay: number;
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Default `::`. */
  readonly group: Ipv6Address;
}

/** Says to what the sender listens, in version 2 (RFC 3810 section 5.2). */
export interface MulticastListenerReportV2 extends Icmpv6PlainHeader {
  readonly type: "multicast-listener-report-v2";
  /** 16 bits. Default 0. */
  readonly reserved: number;
  /** Computed when left out. */
  readonly recordCount: number;
  /** Those that are whole; what follows them is payload. Default none. */
  readonly records: readonly MldRecord[];
}

/** What a record says of its group (RFC 3810 section 5.2.12). */
export type MldRecordType =
  | "mode-is-include"
  | "mode-is-exclude"
  | "change-to-include"
  | "change-to-exclude"
  | "allow-new-sources"
  | "block-old-sources";

/** The sources of a group to which the sender listens, or does not (RFC 3810 section 5.2.4 and on). */
export interface MldRecord {
  /** To exclude nothing is to join, to include nothing is to leave. */
  readonly type: MldRecordType | number;
  /** Default `::`. */
  readonly group: Ipv6Address;
  /** Default none. */
  readonly sources: readonly Ipv6Address[];
  /** A multiple of 4 bytes. Default none. */
  readonly auxiliaryData: Uint8Array;
}

/** A message of multicast listener discovery. */
export type Mld = MulticastListenerQuery | MulticastListenerReport | MulticastListenerReportV2;

/** Any other message; what follows the checksum is the packet's payload. */
export interface Icmpv6Other extends Icmpv6PlainHeader {
  readonly type: number;
}

/** An error or echo message of ICMPv6. */
export type Icmpv6Control =
  | Icmpv6Echo
  | Icmpv6Unreachable
  | Icmpv6PacketTooBig
  | Icmpv6TimeExceeded
  | Icmpv6ParameterProblem;

/** A neighbor discovery message. */
export type Ndp =
  | RouterSolicitation
  | RouterAdvertisement
  | NeighborSolicitation
  | NeighborAdvertisement
  | NdpRedirect;

/** An ICMPv6 message (RFC 4443). */
export type Icmpv6 = Icmpv6Control | Ndp | Mld | Icmpv6Other;
