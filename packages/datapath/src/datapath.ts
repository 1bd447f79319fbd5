import {
  type ChangeStream,
  type Clock,
  type EventStream,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  type Ipv4Address,
  type Ipv6Address,
  type Logger,
  type MacAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  type Service,
  type StateStream,
} from "@heddle/contracts";
import { createState, type Key, type Table } from "@heddle/tables";
import {
  type BpfMap,
  type LoadedObject,
  type MapSpec,
  type OpenedObject,
  type PerCpuMap,
  probe,
} from "libbpf-napi";
import type { Subscription } from "rxjs";
import { type AttachContext, attachPair, detachPair, dropDead } from "./attach.ts";
import { type PacketCount, readCounters } from "./counters.ts";
import { DatapathError } from "./datapath-error.ts";
import { DeferredMap } from "./deferred-map.ts";
import { createEpochs, type Epochs } from "./epochs.ts";
import {
  type Counter,
  countersMap,
  dropEventsMap,
  epochsMap,
  EventClass,
  eventBudgetsMap,
  eventSwitchMap,
  flowEventsMap,
  TunnelUse,
} from "./generated/bpf.ts";
import {
  loadPinned,
  loadPrograms,
  type LoadedPrograms,
  type Prepare,
  type TunnelSettings,
} from "./load.ts";
import type { NodeDevice } from "./node-devices.ts";
import { NodeState } from "./node-state.ts";
import { TcxUpgrades } from "./tcx-upgrades.ts";
import { PacketEvents, type PacketReport } from "./packet-events.ts";
import { type AttachmentKind, createPins } from "./pins.ts";

export interface DatapathDeps {
  /** The node's devices that lead to the network. */
  readonly nodeDevices$: ChangeStream<InterfaceIndex, NodeDevice>;
  /** All addresses that the node has itself, which no packet from the network can come from. */
  readonly nodeAddresses$: ChangeStream<IpAddress, unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface DatapathOptions {
  /**
   * The folder for pins, in a BPF file system. One datapath per folder.
   *
   * @defaultValue `/sys/fs/bpf/heddle`
   */
  readonly pinRoot?: string;
  /**
   * Path of the network namespace that the devices are in.
   *
   * @defaultValue this process's own
   */
  readonly netns?: string;
  /**
   * How programs are attached to devices: by tcx links (Linux 6.6), or as filters of traffic control.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it. A pod's new device then has filters for the first second or so,
   * since they are there sooner by some 30 ms
   */
  readonly attachment?: AttachmentKind | "auto";
  /** @defaultValue {@link defaultGateway} */
  readonly gateway?: Gateway;
  /**
   * Gives each object that is opened and not loaded yet what the owners of other maps have to say: sizes of maps, and
   * settings that belong to them, the same for each. `sizeTable` of `@heddle/conntrack` is made for this.
   *
   * @defaultValue everything is as the source says
   */
  readonly prepare?: Prepare;
  /**
   * How many pods the node can have.
   *
   * @defaultValue 4096
   */
  readonly maxEndpoints?: number;
  /**
   * What tunnels between nodes are used for: to receive what others send, or to send as well.
   *
   * @defaultValue nothing: packets of tunnels are left alone
   */
  readonly tunnels?: TunnelOptions;
}

/** How tunnels are used; their ends are in the maps that `@heddle/encap-geneve` fills. */
export interface TunnelOptions {
  readonly use: "receive" | "send";
  /**
   * The families of the network between the nodes over which the outer UDP checksum is computed. Buffers that a
   * device would cut up later are cut up before.
   *
   * @defaultValue none
   */
  readonly checksums?: readonly IpFamily[];
  /**
   * The cluster that identities belong to, 1 to 65535.
   *
   * @defaultValue none is told
   */
  readonly clusterId?: number | undefined;
}

/** What every pod has as its gateway: the node's end of its device pair, by link-local addresses. */
export interface Gateway {
  readonly ipv4: Ipv4Address;
  readonly ipv6: Ipv6Address;
  readonly mac: MacAddress;
}

/** The same on every node, so that a pod need not know where it is. The MAC address is locally administered. */
export const defaultGateway: Gateway = {
  ipv4: parseIpv4("169.254.1.1"),
  ipv6: parseIpv6("fe80::1"),
  mac: parseMac("02:68:65:64:64:6c"),
};

/**
 * Heddle's programs in the kernel.
 *
 * `start` loads them and takes over what an earlier process left behind; `close` leaves the programs
 * attached and the maps pinned, so that packets flow on without a process.
 */
export interface Datapath extends Service {
  /**
   * Makes the node's end of a pod's device pair run the programs. Idempotent.
   *
   * @throws {BpfError} `no-device`; `UnsupportedFeatureError` where `attachment` asks for what the kernel lacks
   */
  attachPod(ifindex: InterfaceIndex): Promise<void>;
  /** Takes the programs off. Idempotent, and fine for a device that is gone. */
  detachPod(ifindex: InterfaceIndex): Promise<void>;
  /**
   * Makes a device pair lead into tunnels: `near` is the end by which the node's stack reaches other nodes' pods.
   * Idempotent.
   *
   * @throws {DatapathError} `tunnels-unused` without `tunnels: { use: "send" }`
   */
  attachTunnel(near: InterfaceIndex, far: InterfaceIndex): Promise<void>;
  /** A map, for the package that owns it. Can be asked for at any time; holds something from `start` to `close`. */
  map<K, V>(spec: MapSpec<K, V>): BpfMap<K, V>;
  /**
   * Loads further programs that share maps with these, which are already there: those of the names that it gives are the
   * pinned ones. Usable from `start` to `close`.
   *
   * @throws {BpfError} `incompatible-pin` for a map that is not as these programs have it, or what loading throws
   */
  load(object: OpenedObject, maps: readonly string[]): Promise<LoadedObject>;
  /** Usable from `start` to `close`, as are the streams. */
  readonly epochs: Epochs;
  /** Dropped packets. The programs report them while somebody subscribes. */
  readonly drops: EventStream<PacketReport>;
  /** Flows that the slow path decided. The programs report them while somebody subscribes. */
  readonly flows: EventStream<PacketReport>;
  /** What became of packets since the maps were made. */
  counters(): readonly PacketCount[];
  readonly health$: StateStream<Health>;
  /** All that it keeps in tables, to look at; none before `start`. */
  readonly tables: readonly Table<Key, unknown>[];
}

/**
 * Makes a datapath; nothing is loaded before `start`.
 *
 * `start` rejects with {@link DatapathError} `bpffs-missing`, `incompatible-state` or `object-missing`,
 * or with what libbpf-napi throws when an object cannot be loaded.
 */
export function createDatapath(deps: DatapathDeps, options: DatapathOptions = {}): Datapath {
  return new KernelDatapath(deps, {
    pinRoot: options.pinRoot ?? "/sys/fs/bpf/heddle",
    gateway: options.gateway ?? defaultGateway,
    prepare: options.prepare ?? (() => undefined),
    maxEndpoints: options.maxEndpoints ?? 4096,
    attachment: options.attachment ?? "auto",
    netns: options.netns,
    tunnels: options.tunnels,
  });
}

/** Options with their defaults filled in. */
type Settings = Required<Omit<DatapathOptions, "netns" | "tunnels">> & {
  readonly netns: string | undefined;
  readonly tunnels: TunnelOptions | undefined;
};

/** What exists between `start` and `close`. */
interface Running {
  readonly context: AttachContext;
  readonly programs: LoadedPrograms;
  /** Where pods' devices get filters first and tcx links later. */
  readonly upgrades: TcxUpgrades | undefined;
  readonly counters: PerCpuMap<number, Counter>;
  readonly drops: PacketEvents;
  readonly flows: PacketEvents;
  readonly node: NodeState;
}

class KernelDatapath implements Datapath {
  readonly epochs: Epochs = createEpochs(this.map(epochsMap));
  readonly #deps: DatapathDeps;
  readonly #options: Settings;
  readonly #health = createState<Health>({ level: "starting", message: "programs not loaded yet" });
  #running: Running | undefined;
  #subscription: Subscription | undefined;
  #closing: Promise<void> | undefined;

  constructor(deps: DatapathDeps, options: Settings) {
    this.#deps = deps;
    this.#options = options;
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    return this.#running?.node.tables ?? [];
  }

  get drops(): EventStream<PacketReport> {
    return this.#use("watch drops").drops.stream;
  }

  get flows(): EventStream<PacketReport> {
    return this.#use("watch flows").flows.stream;
  }

  async start(): Promise<void> {
    const { pinRoot, netns } = this.#options;
    const { clock, logger } = this.#deps;
    const pins = createPins(pinRoot);
    const context = { pins, netns, kind: await this.#attachmentKind() };
    const dropped = await dropDead(context);
    const programs = await loadPrograms(pins, this.#settings(), logger);
    logger.info("programs loaded", { pinRoot, attachment: context.kind, deadAttachments: dropped });
    const object = programs.objectWith(countersMap.name);
    const switches = object.map(eventSwitchMap);
    const budgets = object.perCpuMap(eventBudgetsMap);
    const events = { switches, budgets, clock, logger };
    const isGradual = this.#options.attachment === "auto" && context.kind === "tcx";
    this.#running = {
      context,
      programs,
      upgrades: isGradual ? new TcxUpgrades(context, programs.pairs.pod, clock, logger) : undefined,
      counters: object.perCpuMap(countersMap),
      drops: new PacketEvents(EventClass.drop, {
        ring: object.ringBuffer(dropEventsMap),
        ...events,
      }),
      flows: new PacketEvents(EventClass.flow, {
        ring: object.ringBuffer(flowEventsMap),
        ...events,
      }),
      node: new NodeState({
        nodeDevices$: this.#deps.nodeDevices$,
        nodeAddresses$: this.#deps.nodeAddresses$,
        programs,
        context,
        epochs: this.epochs,
        clock,
        logger,
      }),
    };
    const { node } = this.#running;
    this.#subscription = node.health$.subscribe((health) => this.#health.set(health));
    await node.start();
  }

  async attachPod(ifindex: InterfaceIndex): Promise<void> {
    const { context, programs, upgrades } = this.#use("attach to a pod's device");
    if (upgrades !== undefined) await upgrades.attach(ifindex);
    else await attachPair(context, "pod", ifindex, programs.pairs.pod);
  }

  async detachPod(ifindex: InterfaceIndex): Promise<void> {
    const { context, upgrades } = this.#use("detach from a pod's device");
    await upgrades?.forget(ifindex);
    await detachPair(context, "pod", ifindex);
  }

  async attachTunnel(near: InterfaceIndex, far: InterfaceIndex): Promise<void> {
    const operation = "attach to the tunnel device";
    const { context, programs } = this.#use(operation);
    const { tunnel, "tunnel-far": tunnelFar } = programs.pairs;
    if (tunnel.egress === undefined) {
      throw new DatapathError({
        code: "tunnels-unused",
        operation,
        subject: `device ${String(near)}`,
        reason: "the programs that send into tunnels are not loaded",
        hint: 'create the datapath with tunnels: { use: "send" }',
      });
    }
    await attachPair(context, "tunnel", near, tunnel);
    await attachPair(context, "tunnel-far", far, tunnelFar);
  }

  map<K, V>(spec: MapSpec<K, V>): BpfMap<K, V> {
    let opened: { readonly by: Running; readonly map: BpfMap<K, V> } | undefined;
    return new DeferredMap(spec, () => {
      const running = this.#use(`use map ${spec.name}`);
      if (opened?.by !== running) {
        opened = { by: running, map: running.programs.objectWith(spec.name).map(spec) };
      }
      return opened.map;
    });
  }

  async load(object: OpenedObject, maps: readonly string[]): Promise<LoadedObject> {
    const { pins } = this.#use("load programs beside").context;
    return await loadPinned(object, maps, pins, this.#settings());
  }

  counters(): readonly PacketCount[] {
    return readCounters(this.#use("read counters").counters);
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#subscription?.unsubscribe();
    await running.upgrades?.close();
    await running.node.close();
    running.drops.close();
    running.flows.close();
    running.programs[Symbol.dispose]();
    this.#running = undefined;
  }

  async #attachmentKind(): Promise<AttachmentKind> {
    const { attachment } = this.#options;
    if (attachment !== "auto") return attachment;
    return (await probe("tcx")).supported ? "tcx" : "clsact";
  }

  #settings() {
    const { ipv4, ipv6, mac } = this.#options.gateway;
    return {
      gatewayIpv4: ipv4,
      gatewayIpv6: ipv6,
      gatewayMac: mac,
      tunnels: tunnelSettings(this.#options.tunnels),
      mapEntries: this.#mapEntries(),
      prepare: this.#options.prepare,
    };
  }

  /** Each pod has an address per family and one epoch; slot 0 is the routes'. */
  #mapEntries(): Readonly<Record<string, number>> {
    const { maxEndpoints } = this.#options;
    return { endpoints: 2 * maxEndpoints, epochs: maxEndpoints + 1 };
  }

  #use(operation: string): Running {
    if (this.#running !== undefined) return this.#running;
    throw new DatapathError({
      code: "not-started",
      operation,
      subject: "datapath",
      reason: "its programs are not loaded",
      hint: "call start first",
    });
  }
}

function tunnelSettings(options: TunnelOptions | undefined): TunnelSettings {
  const { use, checksums = [], clusterId = 0 } = options ?? { use: "unused" as const };
  const bits: Readonly<Record<IpFamily, number>> = { 4: 1, 6: 2 };
  return {
    tunnelUse: TunnelUse[use],
    tunnelChecksum: checksums.reduce((mask, family) => mask | bits[family], 0),
    tunnelCluster: clusterId,
  };
}
