/**
 * Neighbour discovery (RFC 4861) and ARP: the messages and their rules as values, and answers for addresses behind
 * this host, given in the kernel, on the links that are chosen.
 *
 * @module
 */
export { announcementOf } from "./announcement.ts";
export { type FrameSender, type FrameSenderOptions, createFrameSender } from "./frame-sender.ts";
export * from "./generated/bpf.ts";
export { groupMac, isSolicitedNodeGroup, solicitedNodeGroup } from "./groups.ts";
export { type NdpDevice, ndpDevices, type NdpDeviceSources } from "./ndp-devices.ts";
export { NdpError, type NdpErrorCode } from "./ndp-error.ts";
export {
  createNdpProxy,
  type NdpProxy,
  type NdpProxyDeps,
  type NdpProxyOptions,
} from "./ndp-proxy.ts";
export {
  createNdpResponder,
  type NdpCount,
  type NdpResponder,
  type NdpResponderDeps,
  type NdpResponderOptions,
} from "./ndp-responder.ts";
export { type NdpFault, ndpHopLimit, validateNdp } from "./validate-ndp.ts";
export { type NeighborQuestion, solicitationOf } from "./solicitation.ts";
export type {
  MldQueryVersion2,
  MldRecord,
  MldRecordType,
  MulticastListenerQuery,
  MulticastListenerReport,
  MulticastListenerReportV2,
  Ndp,
  NdpAdvertisementInterval,
  NdpDnsSearchList,
  NdpHomeAgentInformation,
  NdpLinkLayerAddress,
  NdpMtu,
  NdpNonce,
  NdpOption,
  NdpPref64,
  NdpPrefixInformation,
  NdpRecursiveDnsServers,
  NdpRedirect,
  NdpRedirectedHeader,
  NdpRouteInformation,
  NdpUnknownOption,
  NeighborAdvertisement,
  NeighborSolicitation,
  RouterAdvertisement,
  RouterSolicitation,
} from "@heddle/packet";
