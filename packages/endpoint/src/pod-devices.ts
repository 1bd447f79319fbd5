import type { InterfaceIndex, IpAddress, MacAddress } from "@heddle/contracts";
import { type Link, type NetnsHandle, type Rtnetlink, RtnetlinkError } from "@heddle/rtnetlink";
import { type DeviceAlias, formatAlias, parseAlias } from "./alias.ts";
import { deviceName, devicePrefix } from "./device-name.ts";

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

  constructor(node: Rtnetlink) {
    this.#node = node;
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

  /** Makes a pair, both ends down; the other end in the pod's namespace from the beginning. */
  async create(spec: PairSpec): Promise<PodDevice> {
    const { pod, netns, device, mac, gatewayMac, mtu, addresses } = spec;
    const alias: DeviceAlias = { netns: netns.inode, addresses, pod };
    const link = await this.#node.links.add({
      name: deviceName(pod),
      kind: "veth",
      address: gatewayMac,
      mtu,
      // The gateway's link-local address is answered for by the programs; the node has none here.
      addressGeneration: "none",
      // Set in a request of its own after the first: it says that the pair is complete.
      alias: formatAlias(alias),
      peer: { name: device, netns, address: mac, mtu },
    });
    return { ifindex: link.index, name: link.name, alias };
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
