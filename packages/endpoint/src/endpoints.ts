import {
  type Health,
  type InterfaceIndex,
  interfaceIndex,
  type IpAddress,
  type IpPrefix,
  prefixAddress,
  type StateStream,
  toError,
} from "@heddle/contracts";
import { type NetnsHandle, openNetns } from "@heddle/rtnetlink";
import {
  createCorrections,
  createReconciler,
  createTable,
  type DesiredSet,
  type Key,
  type MutableTable,
  type Reconciler,
  type ReconcileTarget,
  type Table,
} from "@heddle/tables";
import type { Subscription } from "rxjs";
import { allOf } from "./all-of.ts";
import { deviceName, podMac } from "./device-name.ts";
import { EndpointEntries } from "./endpoint-entries.ts";
import type {
  EndpointRequest,
  Endpoints,
  EndpointsDeps,
  EndpointsOptions,
  EndpointStatus,
} from "./endpoint-types.ts";
import { type PodDevice, PodDevices } from "./pod-devices.ts";
import { NodeSides, watchNodeSides } from "./node-side.ts";
import { configurePod } from "./pod-network.ts";

/** Makes the service; nothing is read or written before `start`. */
export function createEndpoints(deps: EndpointsDeps, options: EndpointsOptions): Endpoints {
  return new PodEndpoints(deps, options);
}

class PodEndpoints implements Endpoints, ReconcileTarget<string, EndpointRequest> {
  readonly #deps: EndpointsDeps;
  readonly #options: EndpointsOptions;
  readonly #status: MutableTable<string, EndpointStatus>;
  readonly #devices: PodDevices;
  readonly #entries: EndpointEntries;
  readonly #nodeSides: NodeSides;
  readonly #reconciler: Reconciler<string>;
  /** Pods that were connected, and have to be connected anew. */
  readonly #damaged = new Set<string>();
  /** Addresses that are no pod's, and of which something may be known still. */
  readonly #unforgotten = new Set<IpAddress>();
  readonly #subscriptions: Subscription[] = [];

  constructor(deps: EndpointsDeps, options: EndpointsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#status = createTable({ name: "endpoints" });
    this.#devices = new PodDevices(deps.node);
    this.#entries = new EndpointEntries(deps.map, deps.epochs);
    this.#nodeSides = new NodeSides({ ...deps, protocol: options.routeProtocol });
    this.#reconciler = createReconciler(
      { desired$: deps.requests$, target: this, clock: deps.clock, logger: deps.logger },
      { name: "endpoints", pruneInterval: 60_000 },
    );
  }

  get status(): Table<string, EndpointStatus> {
    return this.#status;
  }

  get health$(): StateStream<Health> {
    return this.#reconciler.health$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    return [this.#status, this.#reconciler.status];
  }

  /** What is in the kernel keeps its addresses before any pod is given new ones. */
  async start(): Promise<void> {
    await this.#entries.restore();
    for (const { alias } of await this.#devices.list()) {
      if (alias !== undefined) this.#keepAddresses(alias.pod, alias.addresses);
    }
    await this.#reconciler.start();
    const events = {
      ...this.#deps,
      protocol: this.#options.routeProtocol,
      isPodDevice: (ifindex: InterfaceIndex) => this.#entries.has(ifindex),
      isPodPrefix: (prefix: IpPrefix) => this.#deps.map.has(prefixAddress(prefix)),
    };
    this.#subscriptions.push(
      watchNodeSides(events, () => this.#reconciler.requestPrune()),
      this.#reconciler.status.changes$.subscribe((change) => {
        if (change.kind === "upsert") this.#showUnderivable(change.key, change.value.error);
      }),
    );
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#reconciler.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async update(pod: string, request: EndpointRequest): Promise<void> {
    const before = this.#status.get(pod);
    if (before?.netns !== request.netns) this.#status.upsert(pod, unconnected(pod, request));
    try {
      this.#status.upsert(pod, await this.#connect(pod, request));
      this.#damaged.delete(pod);
    } catch (thrown) {
      const error = toError(thrown);
      const { addresses, ifindex } = this.#status.get(pod) ?? unconnected(pod, request);
      const status = { ...unconnected(pod, request), addresses, ifindex };
      this.#status.upsert(pod, { ...status, phase: "failed", error });
      throw error;
    }
  }

  async delete(pod: string): Promise<void> {
    const link = await this.#deps.node.links.get(deviceName(pod));
    if (link !== undefined) await this.#disconnect(link.index);
    const known = this.#status.get(pod)?.ifindex;
    if (known !== undefined && known !== link?.index) await this.#disconnect(known);
    this.#deps.addresses.release(pod);
    this.#status.delete(pod);
  }

  /**
   * Removes what no pod wants, and connects pods anew whose devices, routes or neighbour entries are gone. A
   * pod whose request is a mistake now stays as it was.
   */
  async prune(desired: DesiredSet<string, EndpointRequest>): Promise<void> {
    const wanted = new Set(desired.keys().map(deviceName));
    const devices = await this.#devices.list();
    for (const { ifindex, name, alias } of devices) {
      if (wanted.has(name)) continue;
      await this.#disconnect(ifindex);
      if (alias !== undefined) this.#deps.addresses.release(alias.pod);
    }
    const present = new Set<number>(devices.map(({ ifindex }) => ifindex));
    for (const ifindex of this.#entries.devices()) {
      if (present.has(ifindex)) continue;
      const gone = this.#entries.remove(ifindex);
      await this.#deps.programs.detachPod(interfaceIndex(ifindex));
      await this.#forget(gone);
    }
    const isWhole = await this.#nodeSides.read();
    for (const [pod] of desired.entries()) {
      const { ifindex: device, phase, mac, addresses = [] } = this.#status.get(pod) ?? {};
      if (phase !== "ready" || device === undefined || mac === undefined) continue;
      if (!present.has(device) || !isWhole({ device, mac, addresses })) this.#damaged.add(pod);
    }
    this.#status.markSynced();
    await this.#repair(desired);
  }

  /** Connects anew what was found damaged. What fails is tried again with the next prune, which comes soon then. */
  async #repair(desired: DesiredSet<string, EndpointRequest>): Promise<void> {
    const corrections = createCorrections("pods");
    await corrections.each(this.#damaged, async (pod) => {
      const request = desired.get(pod);
      if (request === undefined) this.#damaged.delete(pod);
      else await this.update(pod, request);
    });
    corrections.end();
  }

  async #connect(pod: string, request: EndpointRequest): Promise<EndpointStatus> {
    const { programs, mtu } = this.#deps;
    const { gateway } = this.#options;
    using netns = openNetns(request.netns);
    const mac = podMac(pod);
    const network = { pod, device: request.device ?? "eth0", mac, mtu: mtu() };
    const existing = await this.#existingDevice(pod, request, netns);
    const addresses = this.#addressesOf(pod, request, existing);
    const pair = { ...network, netns, addresses, gatewayMac: gateway.mac };
    const { ifindex, name } = existing ?? (await this.#devices.create(pair));
    // The programs come before the device is up, and the pod's entries before it can send.
    await programs.attachPod(ifindex);
    await this.#forget(this.#entries.write(pod, { ifindex, mac, mtu: network.mtu, addresses }));
    await allOf([
      this.#nodeSides.configure({ device: ifindex, mac, addresses }),
      configurePod(netns, { ...network, addresses }, gateway),
    ]);
    return {
      phase: "ready",
      netns: request.netns,
      addresses,
      mac,
      device: name,
      ifindex,
      error: undefined,
    };
  }

  /**
   * The pod's device pair, unless it leads into another namespace, or was made for other addresses than are
   * asked for now.
   */
  async #existingDevice(
    pod: string,
    { addresses }: EndpointRequest,
    netns: NetnsHandle,
  ): Promise<PodDevice | undefined> {
    const device = await this.#devices.find(pod);
    if (device === undefined) return undefined;
    const held = new Set(device.alias?.addresses);
    const isAsAsked =
      addresses === undefined || held.symmetricDifference(new Set(addresses)).size === 0;
    if (isAsAsked && device.alias?.netns === netns.inode) return device;
    await this.#disconnect(device.ifindex);
    if (!isAsAsked) this.#deps.addresses.release(pod);
    return undefined;
  }

  /** The addresses that are asked for, those that the pod has already, or free ones. */
  #addressesOf(
    pod: string,
    request: EndpointRequest,
    existing: PodDevice | undefined,
  ): readonly IpAddress[] {
    const { addresses } = this.#deps;
    const given = request.addresses ?? existing?.alias?.addresses;
    if (given === undefined) return addresses.allocate(pod);
    const cut = existing?.alias?.pod;
    // A long name was cut in the alias, and its addresses were kept under what was left of it.
    if (cut !== undefined && cut !== pod) addresses.release(cut);
    addresses.claim(pod, given);
    return given;
  }

  #keepAddresses(pod: string, addresses: readonly IpAddress[]): void {
    try {
      this.#deps.addresses.claim(pod, addresses);
    } catch (error) {
      // The pod still works; it is told of when its addresses are claimed for what is desired.
      this.#deps.logger.warn("a connected pod has addresses that are not the node's to give", {
        pod,
        error: toError(error),
      });
    }
  }

  /** A pod that asks for something impossible never gets to `update`. */
  #showUnderivable(pod: string, error: Error | undefined): void {
    if (error === undefined || this.#status.get(pod)?.error === error) return;
    const status = this.#status.get(pod) ?? unconnected(pod, { netns: "" });
    this.#status.upsert(pod, { ...status, phase: "failed", error });
  }

  /** Packets to and from the pod stop before its device goes. */
  async #disconnect(ifindex: InterfaceIndex): Promise<void> {
    const gone = this.#entries.remove(ifindex);
    await this.#devices.delete(ifindex);
    await this.#deps.programs.detachPod(ifindex);
    await this.#forget(gone);
  }

  /** What failed before is tried again with whatever comes next. */
  async #forget(addresses: readonly IpAddress[]): Promise<void> {
    for (const address of addresses) this.#unforgotten.add(address);
    const all = [...this.#unforgotten];
    if (all.length === 0) return;
    await this.#deps.forgetAddresses?.(all);
    for (const address of all) this.#unforgotten.delete(address);
  }
}

function unconnected(pod: string, { netns }: EndpointRequest): EndpointStatus {
  return {
    phase: "pending",
    netns,
    addresses: [],
    mac: podMac(pod),
    device: deviceName(pod),
    ifindex: undefined,
    error: undefined,
  };
}
