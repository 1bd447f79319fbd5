import type { InterfaceIndex, IpAddress, MacAddress } from "@heddle/contracts";
import { type Link, type NetnsHandle, type Rtnetlink, RtnetlinkError } from "@heddle/rtnetlink";
import { type DeviceAlias, formatAlias, parseAlias } from "./alias.ts";
import { deviceName, devicePrefix } from "./device-name.ts";
import type { SparePair, SparePairs } from "./spare-pairs.ts";

/** The node's end of a pod's device pair. */
export interface PodDevice {
  readonly ifindex: InterfaceIndex;
  readonly name: string;
  /** Undefined for a pair that an earlier process did not finish. */
  readonly alias: DeviceAlias | undefined;
}

/** What a new pair is made with. */
export interface PairSpec {
  readonly pod: string;
  readonly netns: NetnsHandle;
  /** The name of the pod's end. */
  readonly device: string;
  readonly mac: MacAddress;
  readonly gatewayMac: MacAddress;
  readonly mtu: number;
  readonly addresses: readonly IpAddress[];
}

/** The device pairs of the node's pods. What the kernel has is the only record of them. */
export class PodDevices {
  readonly #node: Rtnetlink;
  readonly #spares: SparePairs;

  constructor(node: Rtnetlink, spares: SparePairs) {
    this.#node = node;
    this.#spares = spares;
  }

  /** All pairs that this package made, finished or not. */
  async list(): Promise<readonly PodDevice[]> {
    const links = await this.#node.links.list({ kind: "veth" });
    return links.filter(({ name }) => name.startsWith(devicePrefix)).map(toDevice);
  }

  /** The pair of a pod's name, wherever it leads. */
  async find(pod: string): Promise<PodDevice | undefined> {
    const link = await this.#node.links.get(deviceName(pod));
    return link && toDevice(link);
  }

  /** A pair for the pod, both ends down, the other end in the pod's namespace. */
  async create(spec: PairSpec): Promise<PodDevice> {
    const { pod, netns, addresses } = spec;
    const alias: DeviceAlias = { netns: netns.inode, addresses, pod };
    const spare = this.#spares.take();
    const ifindex = (spare && (await this.#fit(spare, spec))) ?? (await this.#make(spec));
    try {
      // Last, since it says that the pair is complete.
      await this.#node.links.set(ifindex, { alias: formatAlias(alias) });
    } catch (error) {
      await this.delete(ifindex);
      throw error;
    }
    return { ifindex, name: deviceName(pod), alias };
  }

  /** Makes a spare pair the pod's. Undefined where it cannot be; a new one then succeeds, or tells why not. */
  async #fit(spare: SparePair, spec: PairSpec): Promise<InterfaceIndex | undefined> {
    const { pod, netns, device, mac, mtu } = spec;
    try {
      await this.#node.links.set(spare.ifindex, { name: deviceName(pod), mtu });
      await this.#node.links.set(spare.peer, { netns, name: device, address: mac, mtu });
      return spare.ifindex;
    } catch {
      await this.delete(spare.ifindex);
      return undefined;
    }
  }

  async #make({ pod, netns, device, mac, gatewayMac, mtu }: PairSpec): Promise<InterfaceIndex> {
    const { index } = await this.#node.links.add({
      name: deviceName(pod),
      kind: "veth",
      address: gatewayMac,
      mtu,
      // The gateway's link-local address is answered for by the programs; the node has none here.
      addressGeneration: "none",
      peer: { name: device, netns, address: mac, mtu },
    });
    return index;
  }

  /** Deletes both ends; fine when they are gone. */
  async delete(ifindex: InterfaceIndex): Promise<void> {
    try {
      await this.#node.links.delete(ifindex);
    } catch (error) {
      if (!(error instanceof RtnetlinkError) || error.code !== "device-gone") throw error;
    }
  }
}

function toDevice({ index, name, alias }: Link): PodDevice {
  return { ifindex: index, name, alias: parseAlias(alias) };
}
