import {
  type InterfaceIndex,
  interfaceIndex,
  type IpAddress,
  ipFamily,
  parseIp,
} from "@heddle/contracts";
import type { Neighbour, NeighbourId, Neighbours, RouteProtocol } from "@heddle/rtnetlink";
import { createCorrections, type DesiredSet, type ReconcileTarget } from "@heddle/tables";
import type { Announcer } from "./announcer.ts";
import { announcementOf } from "./announcement.ts";
import type { NdpDevice } from "./ndp-devices.ts";

/** An address that is answered for on one device. */
export interface ProxyEntry {
  readonly address: IpAddress;
  readonly ifindex: InterfaceIndex;
  readonly device: NdpDevice;
}

/** `7 fd00::1`. */
export function proxyKey(ifindex: InterfaceIndex, address: IpAddress): string {
  return `${String(ifindex)} ${address}`;
}

export interface ProxyEntriesDeps {
  readonly neighbours: Pick<Neighbours, "add" | "get" | "delete" | "list">;
  readonly announcer: Announcer;
  /** Tells our entries from others'. */
  readonly protocol: RouteProtocol;
  /** Whether advertisements say that this host is a router. */
  readonly router: boolean;
}

/**
 * Entries in the kernel's table of addresses that are answered for (`ip neigh show proxy`). With one of IPv6 the
 * device is a member of the address's solicited-node group; the kernel counts how many entries share the group,
 * and keeps both when this process ends. What had no entry before is announced.
 */
export class ProxyEntries implements ReconcileTarget<string, ProxyEntry> {
  readonly #deps: ProxyEntriesDeps;
  /** What was announced last, by key, since this process has run. */
  readonly #announced = new Map<string, NdpDevice>();

  constructor(deps: ProxyEntriesDeps) {
    this.#deps = deps;
  }

  async update(key: string, entry: ProxyEntry): Promise<void> {
    const isNew = await this.#add(entry);
    const before = this.#announced.get(key);
    this.#announced.set(key, entry.device);
    if (isNew || (before !== undefined && before.mac !== entry.device.mac))
      this.#announce(key, entry);
  }

  async delete(key: string): Promise<void> {
    this.#announced.delete(key);
    this.#deps.announcer.forget(key);
    const [ifindex = "", address = ""] = key.split(" ");
    const id = idOf(interfaceIndex(Number(ifindex)), parseIp(address));
    const found = await this.#deps.neighbours.get(id);
    if (found?.protocol === this.#deps.protocol) await this.#deps.neighbours.delete(id);
  }

  async prune(desired: DesiredSet<string, ProxyEntry>): Promise<void> {
    const listed = await this.#deps.neighbours.list({ proxy: true });
    const present = new Set(listed.map(keyOf));
    const corrections = createCorrections("proxy entries");
    const undesired = listed.filter(
      (entry) => entry.protocol === this.#deps.protocol && !desired.has(keyOf(entry)),
    );
    await corrections.each(undesired, (entry) => this.delete(keyOf(entry)));
    // What went with a device that was down is made again, and announced again.
    const missing = desired.entries().filter(([key]) => !present.has(key));
    await corrections.each(missing, ([key, entry]) => this.update(key, entry));
    corrections.end();
  }

  /** Removes all that are ours. */
  async removeAll(): Promise<void> {
    for (const entry of await this.#deps.neighbours.list({ proxy: true }))
      if (entry.protocol === this.#deps.protocol) await this.delete(keyOf(entry));
  }

  /**
   * Whether there was none. One of somebody else serves as well; the kernel refuses no second one by itself, but
   * would make it ours.
   */
  async #add({ ifindex, address }: ProxyEntry): Promise<boolean> {
    const { neighbours, protocol } = this.#deps;
    const id = idOf(ifindex, address);
    if ((await neighbours.get(id)) !== undefined) return false;
    await neighbours.add({ ...id, protocol });
    return true;
  }

  #announce(key: string, { ifindex, address, device }: ProxyEntry): void {
    const frame = announcementOf(address, device, this.#deps.router);
    this.#deps.announcer.announce(key, { device: ifindex, family: ipFamily(address), frame });
  }
}

function idOf(device: InterfaceIndex, destination: IpAddress): NeighbourId {
  return { device, destination, proxy: true };
}

function keyOf({ device, destination }: Neighbour): string {
  return proxyKey(device, destination);
}
