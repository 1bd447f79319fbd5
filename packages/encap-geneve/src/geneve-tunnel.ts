import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  addressBits,
  type ChangeStream,
  type Clock,
  type Health,
  type Identity,
  type InterfaceIndex,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type Logger,
  parseIp,
  parseMac,
  type Service,
  type StateStream,
  worseHealth,
} from "@heddle/contracts";
import type { Rtnetlink, Sysctl } from "@heddle/rtnetlink";
import { createReconciler, createState, createTable } from "@heddle/tables";
import { attachTc, type LoadedObject, loadObject, type TcAttachment } from "libbpf-napi";
import { combineLatest } from "rxjs";
import {
  endpointCountsMap,
  geneveObject,
  IdentityNumber,
  type ReasonName,
  reasonName,
  tunnelNodesMap,
  tunnelPeersMap,
  tunnelSelfMap,
  tunnelsMap,
} from "./generated/bpf.ts";
import { GeneveError } from "./geneve-error.ts";
import type { TunnelGateway } from "./tunnel-device.ts";
import { type TunnelNode, tunnelPeers } from "./tunnel-peers.ts";
import { TunnelRoutes } from "./tunnel-routes.ts";
import { createTunnels } from "./tunnels.ts";

export interface GeneveTunnelDeps {
  /** The ends of tunnels, this one among them, with the prefixes that are behind each. */
  readonly nodes$: ChangeStream<string, TunnelNode>;
  /** Requests to the network namespace of this process. */
  readonly node: Rtnetlink;
  /** The kernel settings of that namespace. */
  readonly settings: Sysctl;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface GeneveTunnelOptions {
  /** The name of this end among `nodes$`. */
  readonly name: string;
  /** The device that leads to the network between the ends. */
  readonly underlayDevice: string;
  /**
   * The family of that network.
   *
   * @defaultValue 4
   */
  readonly underlay?: IpFamily;
  /**
   * The device into tunnels, which is made.
   *
   * @defaultValue `"geneve"`
   */
  readonly device?: string;
  /**
   * The addresses of this end, which the device gets.
   *
   * @defaultValue none
   */
  readonly addresses?: readonly IpAddress[];
  /**
   * What packets say of their sender. Numbers below 256 are reserved: an end drops them, but for the default.
   *
   * @defaultValue 2, which says nothing
   */
  readonly identity?: Identity;
  /**
   * The cluster that the identity belongs to, 1 to 65535.
   *
   * @defaultValue none is told
   */
  readonly clusterId?: number;
  /**
   * Whether outer UDP checksums are computed.
   *
   * @defaultValue false
   */
  readonly computesChecksums?: boolean;
  /**
   * How the programs are attached: by tcx links (Linux 6.6), or as filters of traffic control, which a device keeps when the
   * process is killed.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it
   */
  readonly attachment?: TcAttachment;
}

/** A filter's place before others; the handle ("gn") tells it from theirs. */
const filterPlace = { priority: 1, handle: 0x676e } as const;

/**
 * An end of tunnels by itself: a device, with routes to the prefixes behind the other ends, whose packets are put into
 * tunnels by a program, and by which those come that another takes out of them.
 *
 * `start` rejects with {@link GeneveError} `no-such-device` or `object-missing`, or with what libbpf-napi throws. `close` takes
 * everything away.
 */
export interface GeneveTunnel extends Service {
  /** Packets since the start, by what became of them. */
  counts(): Readonly<Partial<Record<ReasonName, bigint>>>;
  readonly health$: StateStream<Health>;
}

/** Makes the service; nothing is read or written before `start`. Needs root. */
export function createGeneveTunnel(
  deps: GeneveTunnelDeps,
  options: GeneveTunnelOptions,
): GeneveTunnel {
  return new StandaloneTunnel(deps, options);
}

/** What the kernel takes for the router on the device: addresses of the link, which nobody has. */
const gateway: TunnelGateway = {
  ipv4: parseIp("169.254.1.1"),
  ipv6: parseIp("fe80::1"),
  mac: parseMac("02:68:65:64:64:6c"),
};

class StandaloneTunnel implements GeneveTunnel {
  readonly #deps: GeneveTunnelDeps;
  readonly #options: GeneveTunnelOptions;
  readonly #health = createState<Health>({ level: "starting", message: "programs not loaded yet" });
  readonly #stack = new AsyncDisposableStack();
  #object: LoadedObject | undefined;

  constructor(deps: GeneveTunnelDeps, options: GeneveTunnelOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  counts(): Readonly<Partial<Record<ReasonName, bigint>>> {
    const counts: Partial<Record<ReasonName, bigint>> = {};
    const map = this.#object?.perCpuMap(endpointCountsMap);
    if (map === undefined) return counts;
    for (let index = 0; index < map.maxEntries; index++) {
      const name = reasonName(index);
      const sum = map.fold(index, (total, count) => total + count, 0n) ?? 0n;
      if (name !== undefined && sum > 0n) counts[name] = sum;
    }
    return counts;
  }

  async start(): Promise<void> {
    const { name, underlayDevice, underlay = 4, device = defaultDevice, addresses } = this.#options;
    const { nodes$, node, settings, clock, logger } = this.#deps;
    const link = await node.links.get(underlayDevice);
    if (link === undefined) throw noSuchDevice(underlayDevice);
    const how = { ...filterPlace, attachment: this.#options.attachment };
    const stack = this.#stack;
    const object = stack.use(await this.#load(link.index));
    stack.use(
      await attachTc(object.program("endpoint_in"), {
        ifindex: link.index,
        hook: "ingress",
        ...how,
      }),
    );
    const devices = createTable<InterfaceIndex, { readonly mtu: number }>({ name: "underlay" });
    devices.upsert(link.index, { mtu: link.mtu });
    devices.markSynced();
    let attached: InterfaceIndex | undefined;
    const attach = async (ifindex: InterfaceIndex): Promise<void> => {
      if (ifindex === attached) return;
      stack.use(
        await attachTc(object.program("endpoint_out"), { ifindex, hook: "egress", ...how }),
      );
      for (const address of addresses ?? []) await addAddress(node, ifindex, address);
      attached = ifindex;
    };
    stack.defer(async () => removeDevice(node, device));
    const tunnels = stack.use(
      createTunnels(
        {
          nodes$,
          devices$: devices.changes$,
          maps: {
            self: object.map(tunnelSelfMap),
            tunnels: object.map(tunnelsMap),
            nodes: object.map(tunnelNodesMap),
            peers: object.map(tunnelPeersMap),
          },
          device: { node, settings, attach },
          // Nothing is remembered of a flow.
          routesChanged: () => undefined,
          clock,
          logger,
        },
        {
          nodeName: name,
          underlay,
          device,
          gateway,
          computesChecksums: this.#options.computesChecksums ?? false,
          options: this.#options.clusterId === undefined ? [] : ["cluster-id"],
        },
      ),
    );
    await tunnels.start();
    const routes = stack.use(
      createReconciler(
        {
          desired$: tunnelPeers(nodes$, { nodeName: name, underlay }),
          target: new TunnelRoutes(node, device, gateway),
          clock,
          logger,
        },
        { name: "routes into tunnels" },
      ),
    );
    await routes.start();
    await routes.whenIdle();
    const health$ = combineLatest([tunnels.health$, routes.health$]);
    const subscription = health$.subscribe(([one, other]) =>
      this.#health.set(worseHealth(one, other)),
    );
    stack.defer(() => subscription.unsubscribe());
    this.#object = object;
  }

  async close(): Promise<void> {
    this.#object = undefined;
    await this.#stack.disposeAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(underlay: InterfaceIndex): Promise<LoadedObject> {
    const { identity = IdentityNumber.unknown, clusterId = 0, computesChecksums } = this.#options;
    return await loadObject(geneveObject, objectFile(), {
      settings: {
        endpointIdentity: identity,
        endpointUnderlay: underlay,
        endpointMac: gateway.mac,
        tunnelChecksum: computesChecksums === true ? bothFamilies : 0,
        tunnelCluster: clusterId,
      },
    });
  }
}

async function addAddress(
  { addresses }: Rtnetlink,
  device: InterfaceIndex,
  address: IpAddress,
): Promise<void> {
  const family = ipFamily(address);
  const flags = family === 6 ? { flags: ["nodad"] as const } : {};
  await addresses.replace({ device, address, prefixLength: addressBits(family), ...flags });
}

async function removeDevice({ links }: Rtnetlink, name: string): Promise<void> {
  if ((await links.get(name)) !== undefined) await links.delete(name);
}

const defaultDevice = "geneve";

/** Of the setting `tunnel_checksum`. */
const bothFamilies = 3;

/** Object files lie beside `src` as beside `dist`. */
function objectFile(): string {
  const path = fileURLToPath(new URL("../objects/geneve.bpf.o", import.meta.url));
  if (existsSync(path)) return path;
  throw new GeneveError({
    code: "object-missing",
    operation: "load programs of",
    subject: "geneve",
    reason: `there is no ${path}`,
    hint: "in a clone of the repository: npx nx run bpf:bpf",
  });
}

function noSuchDevice(device: string): GeneveError {
  return new GeneveError({
    code: "no-such-device",
    operation: "make tunnels over",
    subject: device,
    reason: "there is no device of that name",
  });
}
