import type {
  ChangeStream,
  Clock,
  Health,
  InterfaceIndex,
  IpAddress,
  IpFamily,
  Logger,
  MacAddress,
  Service,
  StateStream,
} from "@heddle/contracts";
import type { Address, Route, RouteProtocol, Rtnetlink } from "@heddle/rtnetlink";
import type { Derived, Key, Table } from "@heddle/tables";
import type { KeyedMap } from "libbpf-napi";
import type { EpochStore } from "./epoch-slots.ts";
import type { Endpoint } from "./generated/bpf.ts";
import type { Gateway } from "./pod-network.ts";

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
  detachPod(ifindex: InterfaceIndex): Promise<void>;
}

export interface EndpointsDeps {
  /** The pods of this node by their keys, such as `default/web-0`. */
  readonly requests$: ChangeStream<string, Derived<EndpointRequest>>;
  readonly addresses: EndpointAddresses;
  readonly programs: EndpointPrograms;
  /** The map `endpoints`; nobody else writes it. */
  readonly map: KeyedMap<IpAddress, Endpoint>;
  readonly epochs: EpochStore;
  /**
   * Forgets what is known of addresses that are no pod's any more, before another pod can be given them. What it rejects
   * with is tried again.
   *
   * @defaultValue nothing is known of an address beside its entry in the map
   */
  readonly forgetAddresses?: (addresses: readonly IpAddress[]) => Promise<void>;
  /** Requests to the node's own namespace. */
  readonly node: Rtnetlink;
  /** The node's devices, to notice at once when a pod's is gone. */
  readonly links$: ChangeStream<InterfaceIndex, unknown>;
  /** The node's addresses and routes, to put right what somebody else takes away. */
  readonly addresses$: ChangeStream<string, Address>;
  readonly routes$: ChangeStream<string, Route>;
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
  /** All that it keeps in tables, to look at. */
  readonly tables: readonly Table<Key, unknown>[];
}
