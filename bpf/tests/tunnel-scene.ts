import {
  type IpAddress,
  ipFamilies,
  type IpFamily,
  ipFamily,
  isIpv4Address,
  parseIp,
  parseMac,
} from "@heddle/contracts";
import { EpochSlot, TunnelUse } from "@heddle/datapath";
import {
  type Geneve,
  geneve,
  geneveProtocols,
  type TunnelLayer,
  type TunnelMaps,
} from "@heddle/encap-geneve";
import {
  type AnyLayer,
  buildPacket,
  type LayerFields,
  type Packet,
  type PacketDraft,
  parsePacket,
  udp,
} from "@heddle/packet";
import { headers, type Hop } from "./drafts.ts";
import {
  type AddressPair,
  gatewayMac,
  node,
  type Outcome,
  peer,
  remotePod,
  Scene,
  type SceneSettings,
} from "./scene.ts";

const routerMac = parseMac("02:00:00:00:0f:fe");
const senderMac = parseMac("02:00:00:00:00:77");

/** A third node, and a pod of it. */
export const third: AddressPair = { 4: parseIp("192.0.2.3"), 6: parseIp("2001:db8::3") };
export const thirdPod: AddressPair = { 4: parseIp("10.244.3.9"), 6: parseIp("fd00:3::9") };

/** The slots of the tunnels to the other nodes. */
export const slots = { peer: 1, third: 2 } as const;

/** What the tests of tunnels say of the outer headers, where it is not as usual. */
export interface Outer {
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly ecn?: number;
  readonly udp?: Parameters<typeof udp>[0];
  readonly geneve?: LayerFields<Geneve>;
}

/** A scene whose node has tunnels to two others, over a network of one family. */
export class TunnelScene implements AsyncDisposable {
  readonly scene: Scene;
  readonly underlay: IpFamily;
  /** What the programs were loaded with. */
  readonly settings: SceneSettings;

  private constructor(scene: Scene, underlay: IpFamily, settings: SceneSettings) {
    this.scene = scene;
    this.underlay = underlay;
    this.settings = settings;
  }

  static async create(underlay: IpFamily, settings: SceneSettings = {}): Promise<TunnelScene> {
    const scene = await Scene.create({ settings: { tunnelUse: TunnelUse.send, ...settings } });
    const tunnels = new TunnelScene(scene, underlay, settings);
    connectTunnels(scene.tunnels, underlay);
    tunnels.moveEpoch();
    return tunnels;
  }

  /** Makes everything be decided anew. */
  moveEpoch(): void {
    const { epochs } = this.scene;
    epochs.set(EpochSlot.routes, (epochs.get(EpochSlot.routes) ?? 0) + 1);
  }

  /** A frame of the pod `web`. */
  sent(destination: IpAddress, fields: Partial<Hop> = {}): Hop {
    const { mac, address } = this.scene.web;
    const source = address[ipFamily(destination)];
    return { sourceMac: mac, destinationMac: gatewayMac, source, destination, ...fields };
  }

  /** What a remote pod sends to the pod `web`, as its node put it into the tunnel. */
  inner(family: IpFamily, fields: Partial<Hop> = {}): Hop {
    return {
      sourceMac: senderMac,
      destinationMac: gatewayMac,
      source: remotePod[family],
      destination: this.scene.web.address[family],
      ttl: 63,
      ...fields,
    };
  }

  /** A frame from the network, with a tunnelled one in it. */
  tunnelled(contents: PacketDraft, outer: Outer = {}): Uint8Array {
    const hop = this.fromNetwork({
      source: outer.source ?? peer[this.underlay],
      destination: outer.destination ?? node[this.underlay],
      ecn: outer.ecn ?? 0,
    });
    const layers: readonly AnyLayer[] = [
      ...headers(hop),
      udp(outer.udp ?? { sourcePort: 50_000, destinationPort: 6081, checksum: 0 }),
      geneve({ vni: 300, protocol: "transparent-ethernet-bridging", ...outer.geneve }),
    ];
    return buildPacket({ layers, payload: buildPacket(contents) }, geneveProtocols);
  }

  /** A hop with the Ethernet header of what the network hands to the node. */
  fromNetwork(hop: Omit<Hop, "sourceMac" | "destinationMac">): Hop {
    return { ...hop, sourceMac: routerMac, destinationMac: this.scene.uplinkMac };
  }

  send(draft: PacketDraft): Promise<Outcome> {
    return this.scene.run("fromPod", this.scene.web.ifindex, draft);
  }

  receive(bytes: Uint8Array): Promise<Outcome> {
    return this.scene.run("fromNet", this.scene.uplink, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
  }
}

/** Writes what the agent would of two other nodes: tunnels to them over a network of one family. */
export function connectTunnels(
  { self, tunnels, nodes, peers }: TunnelMaps,
  underlay: IpFamily,
): void {
  self.set(0, { ipv4: node[4], ipv6: node[6], ifindex: 0 });
  for (const [slot, addresses, pod] of [
    [slots.peer, peer, remotePod],
    [slots.third, third, thirdPod],
  ] as const) {
    tunnels.set(slot, { peer: addresses[underlay], mtu: 0, expires: 0n });
    for (const family of ipFamilies) {
      nodes.set(addresses[family], slot);
      peers.set(prefixAround(pod[family]), slot);
    }
  }
}

/** The prefix of a node's pods that has the address, as the map's key. */
export function prefixAround(address: IpAddress): { length: number; address: IpAddress } {
  return { address, length: isIpv4Address(address) ? 24 + 96 : 64 };
}

export function parseTunnelled({ bytes }: Outcome): Packet<TunnelLayer> {
  return parsePacket(bytes, { linkType: "ethernet", protocols: geneveProtocols });
}
