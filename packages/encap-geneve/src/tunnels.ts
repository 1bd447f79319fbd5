import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  type Logger,
  parseIp,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixOf,
  type Service,
  type StateStream,
  worseHealth,
} from "@heddle/contracts";
import {
  collect,
  type Collection,
  createReconciler,
  createState,
  createTable,
  type Key,
  type MutableTable,
  type Reconciler,
  type StoreKeys,
  type Table,
} from "@heddle/tables";
import type { BpfMap } from "libbpf-napi";
import { combineLatest, Subscription } from "rxjs";
import type { TunnelPath, TunnelPrefix, TunnelSelf } from "./generated/bpf.ts";
import type { HeddleOptionName } from "./geneve-options.ts";
import { encapsulationOverhead } from "./mtu.ts";
import { DeviceTarget, type TunnelDeviceSpec } from "./device-target.ts";
import {
  TunnelDevice,
  type TunnelDeviceDeps,
  tunnelDeviceName,
  type TunnelGateway,
} from "./tunnel-device.ts";
import { tunnelNodes } from "./tunnel-nodes.ts";
import { type TunnelNode, tunnelPeers } from "./tunnel-peers.ts";
import { TunnelSlots } from "./tunnel-slots.ts";
import { TunnelTarget } from "./tunnel-target.ts";

/** The maps of this package, whose one writer this service is. */
export interface TunnelMaps {
  readonly self: BpfMap<number, TunnelSelf>;
  readonly tunnels: BpfMap<number, TunnelPath>;
  readonly nodes: BpfMap<IpAddress, number>;
  readonly peers: BpfMap<TunnelPrefix, number>;
}

export interface TunnelsDeps {
  /** The nodes of the cluster, this one among them. */
  readonly nodes$: ChangeStream<string, TunnelNode>;
  /** The devices that lead to the network between the nodes, with the largest IP packets that they take. */
  readonly devices$: ChangeStream<InterfaceIndex, { readonly mtu: number }>;
  readonly maps: TunnelMaps;
  /** What the device for the node's own stack is made with. */
  readonly device: TunnelDeviceDeps;
  /** Called after something changed that says where packets go. */
  readonly routesChanged: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TunnelsOptions {
  /** The name of this node. */
  readonly nodeName: string;
  /** The family of the network between the nodes. */
  readonly underlay: IpFamily;
  /**
   * Whether this node sends into tunnels. One that does not still takes packets out of them.
   *
   * @defaultValue true
   */
  readonly sends?: boolean;
  /**
   * Whether outer UDP checksums are computed over the underlay, for which buffers have to be cut up beforehand.
   *
   * @defaultValue false
   */
  readonly computesChecksums?: boolean;
  /**
   * The options that every packet has.
   *
   * @defaultValue none
   */
  readonly options?: readonly HeddleOptionName[];
  /**
   * The name of the device by which the node's own stack reaches tunnels.
   *
   * @defaultValue {@link tunnelDeviceName}
   */
  readonly device?: string;
  /** What the node's stack takes for the router behind that device. */
  readonly gateway: TunnelGateway;
}

/**
 * The tunnels of a node: the maps by which programs find them, and a device by which the node's own stack does.
 *
 * `start` takes over what an earlier process wrote; what is known by then of nodes is in effect when it resolves.
 * `close` leaves everything in place.
 */
export interface Tunnels extends Service {
  /** Bytes of the largest IP packet of a pod that every device to the network takes in a tunnel. */
  mtu(): number;
  readonly health$: StateStream<Health>;
  /** All that it keeps in tables, to look at. */
  readonly tables: readonly Table<Key, unknown>[];
}

/** Makes the service; nothing is read or written before `start`. */
export function createTunnels(deps: TunnelsDeps, options: TunnelsOptions): Tunnels {
  return new NodeTunnels(deps, options);
}

/** Ethernet's, for as long as no device is known (RFC 894). */
const defaultMtu = 1500;

/** The key of this node in the map `tunnel_self`. */
const self = 0;

const nobody: TunnelSelf = { ipv4: parseIp("0.0.0.0"), ipv6: parseIp("::"), ifindex: 0 };

class NodeTunnels implements Tunnels {
  readonly #deps: TunnelsDeps;
  readonly #options: TunnelsOptions;
  readonly #devices: Collection<InterfaceIndex, { readonly mtu: number }>;
  readonly #desiredDevice: MutableTable<string, TunnelDeviceSpec>;
  readonly #nodesTarget: TunnelTarget<IpAddress, IpAddress>;
  readonly #peersTarget: TunnelTarget<IpPrefix, TunnelPrefix>;
  readonly #reconcilers: readonly Reconciler<Key>[];
  readonly #health = createState<Health>({ level: "starting", message: "no node is known yet" });
  readonly #subscription = new Subscription();

  constructor(deps: TunnelsDeps, options: TunnelsOptions) {
    const { maps, nodes$, clock, logger, routesChanged } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#devices = collect(deps.devices$, { name: "underlay devices" });
    this.#desiredDevice = createTable({ name: "tunnel device" });
    const slots = new TunnelSlots(maps.tunnels);
    this.#nodesTarget = new TunnelTarget(maps.nodes, addressKeys, slots, routesChanged);
    this.#peersTarget = new TunnelTarget(maps.peers, prefixKeys, slots, routesChanged);
    const device = new TunnelDevice(
      deps.device,
      options.device ?? tunnelDeviceName,
      options.gateway,
    );
    const deviceTarget = new DeviceTarget(device, (ifindex) => this.#writeSelf({ ifindex }));
    const shared = { clock, logger };
    const settings = { pruneInterval: 60_000 };
    this.#reconcilers = [
      createReconciler(
        { ...shared, desired$: tunnelNodes(nodes$, options), target: this.#nodesTarget },
        { ...settings, name: "tunnels to nodes" },
      ),
      createReconciler(
        { ...shared, desired$: tunnelPeers(nodes$, options), target: this.#peersTarget },
        { ...settings, name: "tunnels to prefixes" },
      ),
      createReconciler(
        { ...shared, desired$: this.#desiredDevice.changes$, target: deviceTarget },
        { ...settings, name: "tunnel devices" },
      ),
    ];
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    return this.#reconcilers.map(({ status }) => status);
  }

  mtu(): number {
    const { underlay, options } = this.#options;
    const mtus = Array.from(this.#devices.table.entries(), ([, { mtu }]) => mtu);
    const narrowest = mtus.length === 0 ? defaultMtu : Math.min(...mtus);
    return narrowest - encapsulationOverhead(underlay, options === undefined ? {} : { options });
  }

  async start(): Promise<void> {
    await this.#devices.start();
    await this.#nodesTarget.restore();
    await this.#peersTarget.restore();
    this.#subscription.add(
      this.#deps.nodes$.subscribe((change) => {
        if (change.kind === "upsert" && change.key === this.#options.nodeName) {
          this.#writeSelf(endsOf(change.value));
        }
      }),
    );
    this.#subscription.add(this.#devices.table.changes$.subscribe(() => this.#wishForDevice()));
    this.#wishForDevice();
    this.#desiredDevice.markSynced();
    this.#subscription.add(
      combineLatest(this.#reconcilers.map(({ health$ }) => health$)).subscribe((parts) =>
        this.#health.set(parts.reduce(worseHealth)),
      ),
    );
    for (const reconciler of this.#reconcilers) await reconciler.start();
    // Routes lead to the device.
    await this.#reconcilers.at(-1)?.whenIdle();
  }

  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    await this.#devices.close();
    for (const reconciler of this.#reconcilers) await reconciler.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #wishForDevice(): void {
    const { sends = true, computesChecksums = false } = this.#options;
    if (!sends) return;
    this.#desiredDevice.upsert("device", { mtu: this.mtu(), isCutting: computesChecksums });
  }

  /** Changes what the programs know of this node. */
  #writeSelf(changes: Partial<TunnelSelf>): void {
    const map = this.#deps.maps.self;
    const before = map.get(self) ?? nobody;
    const after = { ...before, ...changes };
    const keys = ["ipv4", "ipv6", "ifindex"] as const;
    if (keys.every((key) => before[key] === after[key])) return;
    map.set(self, after);
    this.#deps.routesChanged();
  }
}

function endsOf({ addresses }: TunnelNode): Pick<TunnelSelf, "ipv4" | "ipv6"> {
  const of = (family: IpFamily) => addresses.find((address) => ipFamily(address) === family);
  return { ipv4: of(4) ?? nobody.ipv4, ipv6: of(6) ?? nobody.ipv6 };
}

const addressKeys: StoreKeys<IpAddress, IpAddress> = {
  toStore: (address) => address,
  fromStore: (address) => address,
};

/** Bits before an IPv4 address in an IPv4-mapped one. */
const mappedBits = 96;

const prefixKeys: StoreKeys<IpPrefix, TunnelPrefix> = {
  toStore: (prefix) => ({
    length: prefixLength(prefix) + (prefixFamily(prefix) === 4 ? mappedBits : 0),
    address: prefixAddress(prefix),
  }),
  fromStore: ({ length, address }) =>
    prefixOf(address, length - (ipFamily(address) === 4 ? mappedBits : 0)),
};
