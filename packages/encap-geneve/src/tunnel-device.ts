import {
  type InterfaceIndex,
  type IpAddress,
  type MacAddress,
  parseIp,
  parseMac,
} from "@heddle/contracts";
import type { Rtnetlink, Sysctl } from "@heddle/rtnetlink";

/** The device of the agent. */
export const tunnelDeviceName = "heddle-tun";

/** What the name of the other end of the pair has, which only has to be there. */
const farSuffix = "-far";

/** What the node's stack takes for the router at the other end of the device; the programs are that. */
export interface TunnelGateway {
  readonly ipv4: IpAddress;
  readonly ipv6: IpAddress;
  /** Of the device itself: what comes out of tunnels is addressed to it. */
  readonly mac: MacAddress;
}

/** The destination of the frames that the stack sends: another than their source, as bridges and tunnels expect. */
const routerMac: MacAddress = parseMac("02:68:65:64:64:6d");

export interface TunnelDeviceDeps {
  /** Requests to the node's own namespace. */
  readonly node: Rtnetlink;
  /** The kernel settings of that namespace. */
  readonly settings: Sysctl;
  /** Brings the programs to the device's two ends, of which `near` is the stack's. Idempotent. */
  readonly attach: (near: InterfaceIndex, far: InterfaceIndex) => Promise<void>;
}

/**
 * The device by which the node's stack reaches tunnels: a pair, at whose near end a program puts what the stack
 * sends into tunnels. With the tunnels' MTU the kernel fragments and answers as for any other device.
 */
export class TunnelDevice {
  readonly #deps: TunnelDeviceDeps;
  readonly #name: string;
  readonly #gateway: TunnelGateway;

  constructor(deps: TunnelDeviceDeps, name: string, gateway: TunnelGateway) {
    this.#deps = deps;
    this.#name = name;
    this.#gateway = gateway;
  }

  /** Makes the device, or puts right what is there. Buffers are cut up by it where `isCutting`. */
  async ensure(mtu: number, isCutting: boolean): Promise<InterfaceIndex> {
    const { node, settings, attach } = this.#deps;
    const { mac } = this.#gateway;
    const name = this.#name;
    const far = name.slice(0, longestName - farSuffix.length) + farSuffix;
    const existing = await node.links.get(name);
    const { index } =
      existing ??
      (await node.links.add({
        name,
        kind: "veth",
        address: mac,
        mtu,
        addressGeneration: "none",
        peer: { name: far, mtu },
      }));
    await node.links.set(far, { addressGeneration: "none", mtu, up: true });
    // Programs come before the device is up.
    const other = await node.links.get(far);
    if (other === undefined) throw new Error(`${far} is gone`);
    await attach(index, other.index);
    // A node's answers may come through a tunnel whose own address is reached without one.
    await settings.set(`net/ipv4/conf/${name}/rp_filter`, looseReversePath);
    await node.addresses.replace({
      device: index,
      address: someAddress,
      prefixLength: 32,
      scope: "host",
    });
    const gsoMaxSegments = isCutting ? 1 : unlimitedSegments;
    await node.links.set(index, { address: mac, mtu, gsoMaxSegments, up: true });
    await this.#addGateways(index);
    return index;
  }

  /** What the kernel knows as the device's router. */
  async #addGateways(device: InterfaceIndex): Promise<void> {
    const { ipv4, ipv6 } = this.#gateway;
    const address = routerMac;
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
    const link = await this.#deps.node.links.get(this.#name);
    if (link !== undefined) await this.#deps.node.links.delete(link.index);
  }
}

/** `rp_filter` of ip-sysctl: the source has to be reachable by any device. */
const looseReversePath = 2;

/**
 * Without any address the device would be strict again (`__fib_validate_source` of Linux 6.18). All of 127.0.0.0/8 is the
 * node's own already, and of a scope that is chosen as nobody's source.
 */
const someAddress: IpAddress = parseIp("127.254.1.1");

/** `GSO_MAX_SEGS` of linux/netdevice.h. */
const unlimitedSegments = 65_535;

/** Bytes of an interface's name (`IFNAMSIZ`), without the NUL at its end. */
const longestName = 15;
