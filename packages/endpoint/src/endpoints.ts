import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  type Logger,
  type MacAddress,
  type Service,
  type StateStream,
  toError,
} from "@heddle/contracts";
import { type NetnsHandle, openNetns, type RouteProtocol, type Rtnetlink } from "@heddle/rtnetlink";
import {
  createReconciler,
  createTable,
  type Derived,
  type DesiredSet,
  type MutableTable,
  type Reconciler,
  type ReconcileTarget,
  type Table,
} from "@heddle/tables";
import type { KeyedMap } from "libbpf-napi";
import type { Subscription } from "rxjs";
import { deviceName, podMac } from "./device-name.ts";
import { EndpointEntries } from "./endpoint-entries.ts";
import type { EpochStore } from "./epoch-slots.ts";
import type { Endpoint } from "./generated/bpf.ts";
import { type PodDevice, PodDevices } from "./pod-devices.ts";
import { configureNodeSide, configurePod, type Gateway } from "./pod-network.ts";

/** A pod that is to be connected. */
export interface EndpointRequest {
  /** Path of its network namespace. */
  readonly netns: string;
  /**
   * The name of its device, inside.
   *
   * @defaultValue `eth0`
   */
  readonly device?: string;
  /**
   * The addresses that it has to get, one of each family at most.
   *
   * @defaultValue those that are free
   */
  readonly addresses?: readonly IpAddress[];
}

/** How a pod is connected. */
export interface EndpointStatus {
  /** `failed` is tried again by itself. */
  readonly phase: "pending" | "ready" | "failed";
  /** Path of its network namespace. */
  readonly netns: string;
  /** Empty until it has been given some. */
  readonly addresses: readonly IpAddress[];
  readonly mac: MacAddress;
  /** The node's end of its device pair; the index is undefined until there is one. */
  readonly device: string;
  readonly ifindex: InterfaceIndex | undefined;
  /** Why it failed. */
  readonly error: Error | undefined;
}

/** Where pods get their addresses from. */
export interface EndpointAddresses {
  /** One address of each family that pods have; the same when it is asked again. */
  allocate(pod: string): readonly IpAddress[];
  /** Gives the pod these very addresses. @throws when one belongs to another pod */
  claim(pod: string, addresses: readonly IpAddress[]): void;
  release(pod: string): void;
}

/** What brings programs to a pod's device. */
export interface EndpointPrograms {
  /** Idempotent. */
  attachPod(ifindex: InterfaceIndex): Promise<void>;
  /** Idempotent, and fine for a device that is gone. */
  detachPod(ifindex: InterfaceIndex): void;
}

export interface EndpointsDeps {
  /** The pods of this node by their keys, such as `default/web-0`. */
  readonly requests$: ChangeStream<string, Derived<EndpointRequest>>;
  readonly addresses: EndpointAddresses;
  readonly programs: EndpointPrograms;
  /** The map `endpoints`; nobody else writes it. */
  readonly map: KeyedMap<IpAddress, Endpoint>;
  readonly epochs: EpochStore;
  /** Requests to the node's own namespace. */
  readonly node: Rtnetlink;
  /** The node's devices, to notice at once when a pod's is gone. */
  readonly links$: ChangeStream<InterfaceIndex, unknown>;
  /** The node's own address of a family, which it uses towards its pods. */
  readonly nodeAddress: (family: IpFamily) => IpAddress | undefined;
  /** Bytes of the largest IP packet that the way to other nodes takes. */
  readonly mtu: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EndpointsOptions {
  readonly gateway: Gateway;
  /** The protocol of the routes to pods, which tells them from others' (rt_protos). */
  readonly routeProtocol: RouteProtocol;
}

/**
 * Connects pods: gives each a device pair, addresses and routes, brings the programs to it and makes it
 * known to them.
 *
 * `start` takes over the pods that an earlier process connected, and leaves them as they are where they
 * are right. `close` leaves all pods connected.
 */
export interface Endpoints extends Service {
  /** Every requested pod with how far it has come. Synced when the requests are. */
  readonly status: Table<string, EndpointStatus>;
  readonly health$: StateStream<Health>;
}

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
  readonly #reconciler: Reconciler<string>;
  readonly #subscriptions: Subscription[] = [];

  constructor(deps: EndpointsDeps, options: EndpointsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#status = createTable({ name: "endpoints" });
    this.#devices = new PodDevices(deps.node);
    this.#entries = new EndpointEntries(deps.map, deps.epochs);
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

  /** What is in the kernel keeps its addresses before any pod is given new ones. */
  async start(): Promise<void> {
    await this.#entries.restore();
    for (const { alias } of await this.#devices.list()) {
      if (alias !== undefined) this.#keepAddresses(alias.pod, alias.addresses);
    }
    await this.#reconciler.start();
    this.#subscriptions.push(
      this.#deps.links$.subscribe((change) => {
        if (change.kind === "delete" && this.#entries.has(change.key)) {
          this.#reconciler.requestPrune();
        }
      }),
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

  /** Removes what no pod wants, and connects pods anew whose devices are gone. */
  async prune(desired: DesiredSet<string, EndpointRequest>): Promise<void> {
    const wanted = new Set(Array.from(desired.entries(), ([pod]) => deviceName(pod)));
    const devices = await this.#devices.list();
    for (const { ifindex, name, alias } of devices) {
      if (wanted.has(name)) continue;
      await this.#disconnect(ifindex);
      if (alias !== undefined) this.#deps.addresses.release(alias.pod);
    }
    const present = new Set<number>(devices.map(({ ifindex }) => ifindex));
    for (const ifindex of this.#entries.devices()) {
      if (!present.has(ifindex)) this.#entries.remove(ifindex);
    }
    for (const [pod, request] of desired.entries()) {
      const { ifindex, phase } = this.#status.get(pod) ?? {};
      const gone = phase === "ready" && ifindex !== undefined && !present.has(ifindex);
      if (gone) await this.update(pod, request);
    }
    this.#status.markSynced();
  }

  async #connect(pod: string, request: EndpointRequest): Promise<EndpointStatus> {
    const { programs, node, nodeAddress, mtu } = this.#deps;
    const { gateway, routeProtocol: protocol } = this.#options;
    using netns = openNetns(request.netns);
    const mac = podMac(pod);
    const network = { pod, device: request.device ?? "eth0", mac, mtu: mtu() };
    const existing = await this.#existingDevice(pod, request, netns);
    const addresses = this.#addressesOf(pod, request, existing);
    const pair = { ...network, netns, addresses, gatewayMac: gateway.mac };
    const { ifindex, name } = existing ?? (await this.#devices.create(pair));
    // The programs come before the device is up, and the pod's entries before it can send.
    await programs.attachPod(ifindex);
    this.#entries.write(pod, { ifindex, mac, mtu: network.mtu, addresses });
    await configureNodeSide(node, { device: ifindex, mac, addresses, protocol, nodeAddress });
    await configurePod(netns, { ...network, addresses }, gateway);
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

  /** The pod's device pair, unless it was made for other addresses than are asked for now. */
  async #existingDevice(
    pod: string,
    { addresses }: EndpointRequest,
    netns: NetnsHandle,
  ): Promise<PodDevice | undefined> {
    const device = await this.#devices.find(pod, netns);
    const held = new Set(device?.alias?.addresses);
    if (device === undefined || addresses === undefined) return device;
    if (held.symmetricDifference(new Set(addresses)).size === 0) return device;
    await this.#disconnect(device.ifindex);
    this.#deps.addresses.release(pod);
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
    this.#entries.remove(ifindex);
    await this.#devices.delete(ifindex);
    this.#deps.programs.detachPod(ifindex);
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
