import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type InterfaceIndex,
  type IpAddress,
  ipFamilies,
  type IpFamily,
  type MacAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
} from "@heddle/contracts";
import {
  type Connection,
  connectionOfEntry,
  KernelTime,
  resolveSourceNat,
  type SourceNatMaps,
  type SourceNatOptions,
  writeSourceNat,
} from "@heddle/conntrack";
import {
  type Connection as Entry,
  type ConnectionKey,
  connectionsMap,
  type ConnectionWay,
  type ConnGauges,
  connGaugesMap,
  type ConnSettings,
  connSettingsMap,
  type Fragment,
  type FragmentKey,
  fragmentsMap,
  type HotConnection,
  hotConnectionsMap,
  natDevicesMap,
  natPortsMap,
  natPrefixesMap,
  natSettingsMap,
  natWarningsMap,
} from "@heddle/conntrack/bpf";
import {
  type Counter,
  CounterBound,
  countersMap,
  devicesMap,
  epochsMap,
  type HookName,
  hookName,
  nodeAddrsMap,
  nodeObject,
  podObject,
  type ReasonName,
  reasonName,
  type TunnelUse,
} from "@heddle/datapath";
import {
  type TunnelMaps,
  tunnelNodesMap,
  tunnelPeersMap,
  tunnelSelfMap,
  tunnelsMap,
} from "@heddle/encap-geneve";
import { type Endpoint, endpointsMap } from "@heddle/endpoint";
import { ndpDevicesMap, type NdpSpeaker } from "@heddle/ipv6-ndp";
import { buildPacket, type Packet, type PacketDraft, parsePacket } from "@heddle/packet";
import { sysctl } from "@heddle/rtnetlink";
import { createPinFolder, createTestNetns, joinNetns, type TestNetns } from "@heddle/testing";
import {
  attachTcx,
  type BpfMap,
  type LoadedObject,
  loadObject,
  type PerCpuMap,
  type Program,
  type SkbContext,
} from "libbpf-napi";

/** A pod of the scene's node. */
export interface ScenePod {
  readonly netns: TestNetns;
  readonly ifindex: InterfaceIndex;
  readonly mac: MacAddress;
  readonly address: AddressPair;
  readonly slot: number;
}

/** What a program did with a packet. */
export interface Outcome {
  readonly verdict: "next" | "drop" | "redirect" | number;
  /** The counters that moved: `fromPod toNeighbour`. */
  readonly counted: readonly string[];
  readonly packet: Packet;
  /** The packet as it is on the wire. */
  readonly bytes: Uint8Array;
}

export type ProgramName = "fromPod" | "toPod" | "fromNet" | "toNet" | "toTunnel" | "toTunnelCut";

/** What the programs are loaded with. */
export interface SceneOptions {
  /** @defaultValue none */
  readonly settings?: SceneSettings;
}

/** Settings that both objects have. */
export interface SceneSettings {
  readonly tunnelUse?: TunnelUse;
  readonly tunnelChecksum?: number;
  readonly tunnelCluster?: number;
}

/** MAC address that every pod has for its gateway. */
export const gatewayMac: MacAddress = parseMac("02:68:65:64:64:6c");

export type AddressPair = Readonly<Record<IpFamily, IpAddress>>;

function pair(ipv4: string, ipv6: string): AddressPair {
  return { 4: parseIpv4(ipv4), 6: parseIpv6(ipv6) };
}

/** The scene's node on its network. */
export const node: AddressPair = pair("192.0.2.1", "2001:db8::1");
/** The other node, which has the pods of 10.244.2.0/24 and fd00:2::/64. */
export const peer: AddressPair = pair("192.0.2.2", "2001:db8::2");
/** The default gateway. */
export const router: AddressPair = pair("192.0.2.254", "2001:db8::fe");
export const remotePod: AddressPair = pair("10.244.2.7", "fd00:2::7");
/** A host on the node's link that does not answer. */
export const silent: AddressPair = pair("192.0.2.77", "2001:db8::77");
export const outside: AddressPair = pair("198.51.100.9", "2001:db8:ffff::9");
/** An address of the node's pod prefix that no pod has. */
export const absentPod: AddressPair = pair("10.244.1.200", "fd00:1::c8");
/** A host whose route has an MTU of 1280; locked, since a router goes by no other (`mtu lock`). */
export const narrow: AddressPair = pair("203.0.113.1", "2001:db8:1280::1");

/**
 * A node with two pods and a device to the network, in namespaces of its own: real devices and routes,
 * and the programs loaded but not attached. Packets are run through them one by one.
 */
export class Scene implements AsyncDisposable {
  readonly netns: TestNetns;
  /** What the uplink leads to. */
  readonly network: TestNetns;
  readonly uplink: InterfaceIndex;
  readonly uplinkMac: MacAddress;
  readonly web: ScenePod;
  readonly db: ScenePod;
  readonly nodeAddresses: BpfMap<IpAddress, number>;
  readonly endpoints: BpfMap<IpAddress, Endpoint>;
  /** The devices that answer for pods; none from the beginning. */
  readonly ndpDevices: BpfMap<number, NdpSpeaker>;
  readonly epochs: BpfMap<number, number>;
  readonly tunnels: TunnelMaps;
  readonly nat: SourceNatMaps;
  readonly connections: BpfMap<ConnectionKey, Entry>;
  readonly #connGauges: BpfMap<number, ConnGauges>;
  readonly #connSettings: BpfMap<number, ConnSettings>;
  readonly #fragments: BpfMap<FragmentKey, Fragment>;
  readonly #hotConnections: PerCpuMap<number, HotConnection>;
  readonly #counters: PerCpuMap<number, { packets: bigint; bytes: bigint }>;
  readonly #programs: Readonly<Record<ProgramName, Program>>;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: SceneParts) {
    const { pod, node: nodePrograms } = parts.objects;
    this.netns = parts.netns;
    this.network = parts.network;
    this.uplink = parts.uplink;
    this.uplinkMac = parts.uplinkMac;
    this.web = parts.web;
    this.db = parts.db;
    this.#stack = parts.stack;
    this.nodeAddresses = nodePrograms.map(nodeAddrsMap);
    this.endpoints = pod.map(endpointsMap);
    this.ndpDevices = nodePrograms.map(ndpDevicesMap);
    this.epochs = pod.map(epochsMap);
    this.tunnels = {
      self: pod.map(tunnelSelfMap),
      tunnels: pod.map(tunnelsMap),
      nodes: pod.map(tunnelNodesMap),
      peers: pod.map(tunnelPeersMap),
    };
    this.nat = {
      settings: pod.map(natSettingsMap),
      devices: pod.map(natDevicesMap),
      prefixes: pod.map(natPrefixesMap),
      ports: pod.map(natPortsMap),
      warnings: pod.ringBuffer(natWarningsMap),
    };
    this.connections = pod.map(connectionsMap);
    this.#connGauges = pod.map(connGaugesMap);
    this.#connSettings = pod.map(connSettingsMap);
    this.#fragments = pod.map(fragmentsMap);
    this.#hotConnections = pod.perCpuMap(hotConnectionsMap);
    this.#counters = pod.perCpuMap(countersMap);
    this.#programs = {
      fromPod: pod.program("from_pod"),
      toPod: pod.program("to_pod"),
      fromNet: nodePrograms.program("from_net"),
      toNet: nodePrograms.program("to_net"),
      toTunnel: nodePrograms.program("to_tunnel"),
      toTunnelCut: nodePrograms.program("to_tunnel_cut"),
    };
    for (const one of [this.web, this.db]) this.addEndpoint(one);
    pod.map(devicesMap).set(this.uplink, { mtu: 1500 });
    for (const family of ipFamilies) this.nodeAddresses.set(node[family], 1);
    this.tellTracking();
  }

  static async create({ settings = {} }: SceneOptions = {}): Promise<Scene> {
    await using stack = new AsyncDisposableStack();
    const pins = stack.use(createPinFolder());
    const netns = stack.use(await createTestNetns("node"));
    const network = stack.use(await createTestNetns("net"));
    const web = await addPod(stack, netns, 1);
    const db = await addPod(stack, netns, 2);
    const { near: uplink } = await joinNetns(
      { netns, device: "eth0" },
      { netns: network, device: "eth0" },
    );
    const link = await netns.rtnetlink.links.get(uplink);
    await configureNode(netns, uplink);
    const objects = await load(stack, pins.path, settings);
    const uplinkMac = link?.address ?? gatewayMac;
    const namespaces = { netns, network };
    return new Scene({ ...namespaces, uplink, uplinkMac, web, db, objects, stack: stack.move() });
  }

  /** Writes the entries that the endpoint package would. */
  addEndpoint(pod: ScenePod): void {
    const value: Endpoint = {
      ifindex: pod.ifindex,
      epochSlot: pod.slot,
      epoch: 0,
      mac: pod.mac,
      mtu: 1500,
    };
    for (const family of ipFamilies) this.endpoints.set(pod.address[family], value);
  }

  /** Runs a packet through a program as if it were at the device. */
  async run(
    program: ProgramName,
    ifindex: InterfaceIndex,
    draft: PacketDraft | Uint8Array,
    context: SkbContext = {},
    repeat = 1,
  ): Promise<Outcome> {
    const data = draft instanceof Uint8Array ? draft : buildPacket(draft);
    const before = this.#count();
    const result = await this.#programs[program].testRun({
      data,
      context: { ifindex, ...context },
      netns: this.netns.path,
      repeat,
    });
    const after = this.#count();
    return {
      verdict: verdicts[result.returnValue] ?? result.returnValue,
      counted: Object.keys(after).filter((key) => after[key] !== before[key]),
      packet: parsePacket(result.data, { linkType: "ethernet" }),
      bytes: result.data,
    };
  }

  /** Attaches a program to the ingress of a device, for as long as the scene lasts. */
  async attach(program: ProgramName, ifindex: InterfaceIndex): Promise<void> {
    const place = { ifindex, hook: "ingress", netns: this.netns.path } as const;
    this.#stack.use(await attachTcx(this.#programs[program], place));
  }

  program(name: ProgramName): Program {
    return this.#programs[name];
  }

  /** The counters of all hooks and reasons, at the index that the map has them. */
  counters(): readonly Counter[] {
    const none = { packets: 0n, bytes: 0n };
    return Array.from(
      { length: this.#counters.maxEntries },
      (_, index) => this.#counters.fold(index, addCounters, none) ?? none,
    );
  }

  /** How many packets a counter has seen: `fromNet martian`. */
  count(name: string): bigint {
    return this.#count()[name] ?? 0n;
  }

  /** Tells the programs how to track connections. */
  tellTracking(settings: Partial<ConnSettings> = {}): void {
    this.#connSettings.set(0, { ...tracking, ...settings });
  }

  /** Has what pods send out of the cluster leave with the node's addresses, as an agent would; undefined ends that. */
  async masquerade(options?: Partial<SourceNatOptions>): Promise<void> {
    const settings = options && resolveSourceNat({ ...masquerading, ...options });
    await writeSourceNat(this.nat, settings);
  }

  /** What all CPUs count together about connections. */
  get gauges(): ConnGauges {
    const gauges = this.#connGauges.get(0);
    if (gauges === undefined) throw new Error("an array has all its entries");
    return gauges;
  }

  /** The entries of connections, in no particular order. */
  async entries(): Promise<readonly (readonly [ConnectionKey, Entry])[]> {
    return await Array.fromAsync(this.connections.entries());
  }

  /** The connections, in no particular order. */
  async allConnections(): Promise<readonly Connection[]> {
    const entries = await this.entries();
    const time = new KernelTime(tracking.hz, 0n, 0);
    return entries.flatMap(([key, entry]) => connectionOfEntry(key, entry, time) ?? []);
  }

  /** The only connection's entry, by direction what was decided, and where it leaves the node. */
  async decided(): Promise<Decided> {
    const entries = await this.entries();
    const [first, ...others] = entries;
    if (first === undefined || others.length > 0) {
      throw new Error(`there are ${String(entries.length)} connections instead of one`);
    }
    const [original, reply] = first[1].way;
    if (original === undefined || reply === undefined) throw new Error("a connection has two ways");
    return { key: first[0], original, reply, gateway: first[1].gateway };
  }

  /** Packets that took CPUs' own copies of connections and are not in the entries' counters yet, by their tuple. */
  async copiedPackets(): Promise<readonly (readonly [HotConnection["tuple"], bigint])[]> {
    const copies: (readonly [HotConnection["tuple"], bigint])[] = [];
    for await (const [, values] of this.#hotConnections.entries()) {
      for (const { tuple, direction, connection } of values) {
        const packets = connection.way[direction]?.packets ?? 0n;
        if (packets > 0n) copies.push([tuple, packets]);
      }
    }
    return copies;
  }

  /** Forgets all connections and fragments. */
  async forget(): Promise<void> {
    for (const [key] of await this.entries()) this.connections.delete(key);
    for await (const [key] of this.#fragments.entries()) this.#fragments.delete(key);
    for await (const [key] of this.nat.ports.entries()) this.nat.ports.delete(key);
    const none = { count: 0n, translated: 0n, oneWay: 0n, taken: [0n, 0n], left: [0n, 0n] };
    this.#connGauges.set(0, { ...this.gauges, ...none });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #count(): Readonly<Record<string, bigint>> {
    const counts: Record<string, bigint> = {};
    for (let index = 0; index < this.#counters.maxEntries; index++) {
      const sum = this.#counters.fold(index, (total, { packets }) => total + packets, 0n) ?? 0n;
      if (sum > 0n) counts[counterName(index)] = sum;
    }
    return counts;
  }
}

/** What was decided about a connection. */
export interface Decided {
  readonly key: ConnectionKey;
  readonly original: ConnectionWay;
  readonly reply: ConnectionWay;
  readonly gateway: IpAddress;
}

const hour = 3_600_000n;

/** As an agent would say it; every lifetime is an hour where a jiffy is a millisecond. */
const tracking: ConnSettings = {
  lifetime: Array.from({ length: 8 }, () => hour),
  limit: 4096n,
  fragmentLifetime: hour,
  clockMask: (1n << 64n) - 1n,
  clockOffset: 0n,
  hz: 1000,
  events: 0,
};

/** The cluster's pods and nodes, and what an agent of this node says of them. */
const masquerading: SourceNatOptions = {
  addresses: ipFamilies.map((family) => node[family]),
  sources: ["10.244.0.0/16", "fd00::/16"].map(parsePrefix),
  exclude: ["10.244.0.0/16", "fd00::/16", "192.0.2.0/24", "2001:db8::/64"].map(parsePrefix),
  sockets: true,
};

interface SceneParts {
  readonly netns: TestNetns;
  readonly network: TestNetns;
  readonly uplink: InterfaceIndex;
  readonly uplinkMac: MacAddress;
  readonly web: ScenePod;
  readonly db: ScenePod;
  readonly objects: Objects;
  readonly stack: AsyncDisposableStack;
}

/** `TC_ACT_UNSPEC`, `TC_ACT_SHOT`, `TC_ACT_REDIRECT` of linux/pkt_cls.h. */
const verdicts: Readonly<Record<number, "next" | "drop" | "redirect">> = {
  [-1]: "next",
  2: "drop",
  7: "redirect",
};

function addCounters(sum: Counter, one: Counter): Counter {
  return { packets: sum.packets + one.packets, bytes: sum.bytes + one.bytes };
}

function counterName(index: number): string {
  const hook: HookName | undefined = hookName(Math.floor(index / CounterBound.reasons));
  const reason: ReasonName | undefined = reasonName(index % CounterBound.reasons);
  return `${String(hook)} ${String(reason)}`;
}

async function addPod(
  stack: AsyncDisposableStack,
  nodeNetns: TestNetns,
  number: number,
): Promise<ScenePod> {
  const netns = stack.use(await createTestNetns(`pod${String(number)}`));
  const { near } = await joinNetns(
    { netns: nodeNetns, device: `pod${String(number)}` },
    { netns, device: "eth0" },
  );
  await nodeNetns.rtnetlink.links.set(near, { address: gatewayMac });
  return {
    netns,
    ifindex: near,
    mac: parseMac(`02:00:00:00:00:0${String(number)}`),
    address: pair(`10.244.1.${String(number)}`, `fd00:1::${String(number)}`),
    slot: number,
  };
}

/** Addresses, forwarding and the routes that a node has. */
async function configureNode(netns: TestNetns, device: InterfaceIndex): Promise<void> {
  const { addresses, routes } = netns.rtnetlink;
  const settings = sysctl(netns.handle);
  await settings.set("net/ipv4/ip_forward", 1);
  await settings.set("net/ipv6/conf/all/forwarding", 1);
  await addresses.add({ device, address: node[4], prefixLength: 24 });
  await addresses.add({ device, address: node[6], prefixLength: 64, flags: ["nodad"] });
  const via = (destination: string, gateway: IpAddress) =>
    routes.add({ destination: parsePrefix(destination), nextHops: [{ gateway, device }] });
  await via("10.244.2.0/24", peer[4]);
  await via("fd00:2::/64", peer[6]);
  await via("0.0.0.0/0", router[4]);
  await via("::/0", router[6]);
  for (const text of ["203.0.113.0/24", "2001:db8:1280::/48"]) {
    const destination = parsePrefix(text);
    const gateway = router[text.includes(":") ? 6 : 4];
    await routes.add({
      destination,
      nextHops: [{ gateway, device }],
      metrics: { mtu: 1280, lock: ["mtu"] },
    });
  }
  for (const family of ipFamilies) {
    for (const address of [peer[family], router[family]])
      await addNeighbour(netns, device, address);
  }
  for (const text of ["10.244.1.0/24", "fd00:1::/64"]) {
    await routes.add({ type: "unreachable", destination: parsePrefix(text) });
  }
}

/** Makes the kernel know a neighbour's MAC address. */
export async function addNeighbour(
  { rtnetlink }: TestNetns,
  device: InterfaceIndex,
  destination: IpAddress,
): Promise<void> {
  const address = parseMac("02:00:00:00:00:aa");
  await rtnetlink.neighbours.add({ device, destination, address, state: "permanent" });
}

function objectFile(name: string): string {
  return fileURLToPath(new URL(`../../packages/datapath/objects/${name}.bpf.o`, import.meta.url));
}

interface Objects {
  readonly pod: LoadedObject;
  readonly node: LoadedObject;
}

async function load(
  stack: AsyncDisposableStack,
  folder: string,
  settings: SceneSettings,
): Promise<Objects> {
  mkdirSync(folder);
  const maps = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, { pin: `${folder}/${name}` }]));
  const pod = stack.use(
    await loadObject(podObject, objectFile("pod"), { settings, maps: maps(podObject.maps) }),
  );
  const nodePrograms = stack.use(
    await loadObject(nodeObject, objectFile("node"), { settings, maps: maps(nodeObject.maps) }),
  );
  return { pod, node: nodePrograms };
}
