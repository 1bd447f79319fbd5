import type { InterfaceIndex, IpAddress, IpFamily, MacAddress } from "@heddle/contracts";
import type { Rtnetlink, Sysctl } from "@heddle/rtnetlink";

/** The device's two ends: that of the node's stack, and one that only has to be there. */
export const tunnelDeviceName = "heddle-tunnel";
const farName = "heddle-far";

/** What the node's stack takes for the router at the other end of the device; the programs are that. */
export interface TunnelGateway {
  readonly ipv4: IpAddress;
  readonly ipv6: IpAddress;
  readonly mac: MacAddress;
}

export interface TunnelDeviceDeps {
  /** Requests to the node's own namespace. */
  readonly node: Rtnetlink;
  /** The kernel settings of that namespace. */
  readonly settings: Sysctl;
  /** Brings the programs to the device. Idempotent. */
  readonly attach: (ifindex: InterfaceIndex) => Promise<void>;
}

/**
 * The device by which the node's stack reaches tunnels: a pair, at whose near end a program puts what the stack
 * sends into tunnels. With the tunnels' MTU the kernel fragments and answers as for any other device.
 */
export class TunnelDevice {
  readonly #deps: TunnelDeviceDeps;
  readonly #gateway: TunnelGateway;

  constructor(deps: TunnelDeviceDeps, gateway: TunnelGateway) {
    this.#deps = deps;
    this.#gateway = gateway;
  }

  /** Makes the device, or puts right what is there. Buffers are cut up by it where `isCutting`. */
  async ensure(mtu: number, isCutting: boolean): Promise<InterfaceIndex> {
    const { node, settings, attach } = this.#deps;
    const { mac } = this.#gateway;
    const existing = await node.links.get(tunnelDeviceName);
    const { index } =
      existing ??
      (await node.links.add({
        name: tunnelDeviceName,
        kind: "veth",
        address: mac,
        mtu,
        addressGeneration: "none",
        peer: { name: farName, mtu },
      }));
    await node.links.set(farName, { addressGeneration: "none", mtu, up: true });
    // Programs come before the device is up.
    await attach(index);
    // A node's answers may come through a tunnel whose own address is reached without one.
    await settings.set(`net/ipv4/conf/${tunnelDeviceName}/rp_filter`, looseReversePath);
    const gsoMaxSegments = isCutting ? 1 : unlimitedSegments;
    await node.links.set(index, { address: mac, mtu, gsoMaxSegments, up: true });
    await this.#addGateways(index);
    return index;
  }

  /** What the kernel knows as the device's router. */
  async #addGateways(device: InterfaceIndex): Promise<void> {
    const { ipv4, ipv6, mac: address } = this.#gateway;
    for (const destination of [ipv4, ipv6]) {
      await this.#deps.node.neighbours.replace({
        device,
        destination,
        address,
        state: "permanent",
      });
    }
  }

  async remove(): Promise<void> {
    const link = await this.#deps.node.links.get(tunnelDeviceName);
    if (link !== undefined) await this.#deps.node.links.delete(link.index);
  }

  gatewayOf(family: IpFamily): IpAddress {
    return family === 4 ? this.#gateway.ipv4 : this.#gateway.ipv6;
  }
}

/** `rp_filter` of ip-sysctl: the source has to be reachable by any device. */
const looseReversePath = 2;

/** `GSO_MAX_SEGS` of linux/netdevice.h. */
const unlimitedSegments = 65_535;
