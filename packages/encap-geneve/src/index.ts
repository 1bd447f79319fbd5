/**
 * Geneve (RFC 8926): headers and options as values, the rules by which packets enter and leave a tunnel, what a
 * tunnel leaves of the MTU, the tunnels to other nodes as a derivation, and the service that keeps them in the maps
 * of the programs.
 *
 * @module
 */
export {
  type Control,
  decapsulate,
  type DecapsulateOptions,
  type Decapsulation,
  type Delivered,
  type Dropped,
  type TunnelDropReason,
} from "./decapsulate.ts";
export { decapsulatedEcn, ecn, encapsulatedEcn } from "./ecn.ts";
export {
  type ChecksumPolicy,
  defaultChecksumPolicy,
  encapsulate,
  type EncapsulateOptions,
  type Tunnel,
} from "./encapsulate.ts";
export {
  createGeneveTunnel,
  type GeneveTunnel,
  type GeneveTunnelDeps,
  type GeneveTunnelOptions,
} from "./geneve-tunnel.ts";
export { type Fit, type FitDropReason, fitToMtu } from "./fit.ts";
export { dynamicPorts, flowHash, type PortRange, tunnelSourcePort } from "./flow-hash.ts";
export {
  type Geneve,
  geneve,
  geneveCodec,
  geneveHeaderLength,
  genevePort,
  geneveProtocols,
  type TunnelLayer,
} from "./geneve.ts";
export { GeneveError, type GeneveErrorCode } from "./geneve-error.ts";
export {
  type GeneveClusterId,
  type GeneveDsrIpv4,
  type GeneveDsrIpv6,
  type GeneveOption,
  type GeneveUnknownOption,
  type HeddleOption,
  heddleOptionClass,
  heddleOptionLengths,
  type HeddleOptionName,
  heddleOptionTypes,
  isCriticalOption,
} from "./geneve-options.ts";
export {
  encapsulationOverhead,
  type InnerFormat,
  minimumMtu,
  type OverheadOptions,
  podMtu,
  type PodMtuOptions,
} from "./mtu.ts";
export {
  type TunnelNode,
  type TunnelPeer,
  type TunnelPeerOptions,
  tunnelPeers,
} from "./tunnel-peers.ts";
export { type TunnelDeviceDeps, tunnelDeviceName, type TunnelGateway } from "./tunnel-device.ts";
export { tunnelNodes } from "./tunnel-nodes.ts";
export {
  createTunnels,
  type TunnelMaps,
  type Tunnels,
  type TunnelsDeps,
  type TunnelsOptions,
} from "./tunnels.ts";
export {
  IdentityNumber,
  tunnelNodesMap,
  type TunnelPath,
  tunnelPeersMap,
  type TunnelPrefix,
  type TunnelSelf,
  tunnelSelfMap,
  tunnelsMap,
} from "./generated/bpf.ts";
