import { type IpPrefix, prefixFamily } from "@heddle/contracts";
import type { RouteSpec, Rtnetlink } from "@heddle/rtnetlink";
import { createCorrections, type DesiredSet, type ReconcileTarget } from "@heddle/tables";
import type { TunnelGateway } from "./tunnel-device.ts";

/** A route for each prefix behind the other ends, by the device into tunnels, with which they go. */
export class TunnelRoutes implements ReconcileTarget<IpPrefix, unknown> {
  readonly #node: Rtnetlink;
  readonly #device: string;
  readonly #gateway: TunnelGateway;

  constructor(node: Rtnetlink, device: string, gateway: TunnelGateway) {
    this.#node = node;
    this.#device = device;
    this.#gateway = gateway;
  }

  async update(prefix: IpPrefix): Promise<void> {
    await this.#node.routes.replace(await this.#spec(prefix));
  }

  async delete(prefix: IpPrefix): Promise<void> {
    await this.#node.routes.delete(await this.#spec(prefix));
  }

  /** The device is made anew each time, and has no routes but these. */
  async prune(desired: DesiredSet<IpPrefix, unknown>): Promise<void> {
    const corrections = createCorrections("routes into tunnels");
    await corrections.each(desired.keys(), (prefix) => this.update(prefix));
    corrections.end();
  }

  async #spec(destination: IpPrefix): Promise<RouteSpec> {
    const link = await this.#node.links.get(this.#device);
    if (link === undefined) throw new Error(`${this.#device} is gone`);
    const gateway = prefixFamily(destination) === 4 ? this.#gateway.ipv4 : this.#gateway.ipv6;
    return { destination, nextHops: [{ gateway, device: link.index, flags: ["onlink"] }] };
  }
}
