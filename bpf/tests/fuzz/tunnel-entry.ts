import { forwardedProblem, type Oracle, type Run } from "@heddle-tools/fuzz";
import {
  identity,
  type Identity,
  type IpAddress,
  ipFamilies,
  type IpFamily,
  parsePrefix,
  prefixContains,
} from "@heddle/contracts";
import { encapsulate, type GeneveClusterId, geneveProtocols } from "@heddle/encap-geneve";
import {
  type AnyLayer,
  buildPacket,
  type Draft,
  findLayer,
  type Packet,
  parsePacket,
  verifyChecksums,
} from "@heddle/packet";
import { type AddressPair, node, peer, type SceneSettings } from "../scene.ts";
import { third, type TunnelScene } from "../tunnel-scene.ts";
import { forwarding } from "./forwarding.ts";
import { narrowProblem } from "./tunnel-narrow.ts";

/** The other nodes of a scene with tunnels, and the prefixes of their pods. */
const others = [
  { addresses: peer, pods: ["10.244.2.0/24", "fd00:2::/64"].map((text) => parsePrefix(text)) },
  { addresses: third, pods: ["10.244.3.0/24", "fd00:3::/64"].map((text) => parsePrefix(text)) },
] as const;

/** The node, by its addresses, that has the address itself. */
export function nodeAt(address: IpAddress): AddressPair | undefined {
  return [peer, third].find((pair) => ipFamilies.some((family) => pair[family] === address));
}

/** The node that has the address, or a pod with it. */
export function nodeOf(address: IpAddress): AddressPair | undefined {
  const hasPod = ({ pods }: (typeof others)[number]) =>
    pods.some((prefix) => prefixContains(prefix, address));
  return nodeAt(address) ?? others.find(hasPod)?.addresses;
}

/** An end of tunnels, and what its packets say. */
export interface TunnelEnd {
  readonly underlay: IpFamily;
  readonly addresses: AddressPair;
  readonly identity: Identity;
  readonly settings: Pick<SceneSettings, "tunnelChecksum" | "tunnelCluster">;
}

/** The node of a scene, which says nothing of who sends. */
export function endOf({ underlay, settings }: TunnelScene): TunnelEnd {
  return { underlay, addresses: node, identity: identity(2), settings };
}

/** A pod's or a node's packet to another node's pod went there by the tunnel, one hop further; others by none. */
export function sentProblem(tunnels: TunnelScene, run: Run): string | undefined {
  const destination = destinationOf(run.frame);
  const isTunnelled = destination !== undefined && nodeOf(destination) !== undefined;
  if (forwarding(run) === "toTunnel") {
    const inner = contentsOf(run);
    const problem = forwardedProblem({ ...run, after: inner }, undefined);
    return problem ?? outerProblem(run, inner, endOf(tunnels));
  }
  if (isTunnelled) return `it went to ${destination} without a tunnel`;
  return forwardedProblem(run, undefined);
}

/** What goes into a tunnel is as it was, and all else does not go into one. */
export function entersTunnels(end: TunnelEnd): Oracle {
  return {
    name: "the tunnel has what was put into it",
    judge(run) {
      if (run.verdict !== "redirected") return undefined;
      const became = forwarding(run);
      if (became === "told" || became === "fragmented") return narrowProblem(run, became, end);
      const inner = contentsOf(run);
      if (Buffer.compare(inner, run.frame) !== 0) return "the frame in the tunnel is another";
      return outerProblem(run, inner, end);
    },
  };
}

/** What the tunnel carries, which is as long as what was put into it. */
function contentsOf({ frame, after }: Run): Uint8Array {
  return after.subarray(Math.max(0, after.length - frame.length));
}

function destinationOf(frame: Uint8Array): IpAddress | undefined {
  const { layers } = parsePacket(frame, { linkType: "ethernet" });
  const ip = layers.find(({ kind }) => kind === "ipv4" || kind === "ipv6");
  return ip?.kind === "ipv4" || ip?.kind === "ipv6" ? ip.destination : undefined;
}

/** The source ports of tunnels (RFC 6335 section 6). */
const firstPort = 49_152;

/**
 * Whether what is around the contents is what `encapsulate` puts there. The hash that port and flow label come from is any,
 * and an outer checksum counts on the inner ones, so that it is wrong where one of these is.
 */
function outerProblem(
  { after }: Run,
  inner: Uint8Array,
  { underlay, addresses, identity: sender, settings }: TunnelEnd,
): string | undefined {
  const found = parsePacket(after, { linkType: "ethernet", protocols: geneveProtocols });
  const contents = parsePacket(inner, { linkType: "ethernet" });
  const destination = destinationOf(inner);
  const to = destination && nodeOf(destination);
  if (to === undefined) return `it went into a tunnel, to ${String(destination)}`;
  const [port, label] = [findLayer(found, "udp")?.sourcePort ?? 0, flowLabelOf(found)];
  if (port < firstPort) return `the outer source port is ${String(port)}`;
  if (label === 0) return "there is no flow label";
  const { tunnelChecksum = 0, tunnelCluster = 0 } = settings;
  const clusters: readonly Draft<GeneveClusterId>[] =
    tunnelCluster === 0 ? [] : [{ type: "cluster-id", clusterId: tunnelCluster }];
  const isComputed = (tunnelChecksum & (underlay === 4 ? 1 : 2)) !== 0;
  const draft = encapsulate(
    contents,
    {
      source: addresses[underlay],
      destination: to[underlay],
      identity: sender,
      options: clusters,
    },
    { udpChecksum: { [underlay]: isComputed ? "computed" : "zero" } },
  );
  const checksum =
    isComputed && !isSummedUp(contents) ? findLayer(found, "udp")?.checksum : undefined;
  const layers = draft.layers.map((layer) => withHash(layer, port, label, checksum));
  const expected = buildPacket({ ...draft, layers }, geneveProtocols);
  const at = expected.findIndex((byte, index) => byte !== after[14 + index]);
  if (at >= 0) return `byte ${String(14 + at)} is not what it should be`;
  if (after.length !== 14 + expected.length) return "it is longer than it should be";
  return after[12] === (underlay === 4 ? 0x08 : 0x86)
    ? undefined
    : "the outer EtherType is another family's";
}

function flowLabelOf(packet: Packet<AnyLayer>): number | undefined {
  const [, ip] = packet.layers;
  return ip?.kind === "ipv6" ? (findLayer(packet, "ipv6")?.flowLabel ?? 0) : undefined;
}

function withHash(
  layer: AnyLayer,
  sourcePort: number,
  flowLabel: number | undefined,
  checksum: number | undefined,
): AnyLayer {
  const hash = { sourcePort, ...(checksum === undefined ? {} : { checksum }) };
  if (layer.kind === "udp") return Object.assign({}, layer, hash);
  if (layer.kind !== "ipv6" || flowLabel === undefined) return layer;
  return Object.assign({}, layer, { flowLabel });
}

/** Whether all its checksums are right; of a packet that cannot be read to its end nobody knows. */
function isSummedUp(contents: Packet): boolean {
  if (contents.problem !== undefined) return false;
  return verifyChecksums(contents).every(({ verdict }) => verdict !== "wrong");
}
