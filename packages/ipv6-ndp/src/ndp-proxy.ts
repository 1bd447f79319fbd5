import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  type Logger,
  parseIpv6,
  type Service,
  type StateStream,
  worseHealth,
} from "@heddle/contracts";
import type { Neighbours, RouteProtocol } from "@heddle/rtnetlink";
import {
  createReconciler,
  createState,
  type Derived,
  flatten,
  group,
  join,
  type Key,
  mapValues,
  type Reconciler,
  storeTarget,
  type Table,
} from "@heddle/tables";
import type { KeyedMap } from "libbpf-napi";
import { combineLatest, Subscription } from "rxjs";
import { Announcer } from "./announcer.ts";
import { NdpSpeakerFlag, type NdpSpeaker } from "./generated/bpf.ts";
import type { NdpDevice } from "./ndp-devices.ts";
import { NdpError } from "./ndp-error.ts";
import { ProxyEntries, type ProxyEntry, proxyKey } from "./proxy-entries.ts";

export interface NdpProxyDeps {
  /** The addresses that are behind this host; the programs know which they are by themselves. */
  readonly addresses$: ChangeStream<IpAddress, unknown>;
  /** The devices on whose links it answers for them. */
  readonly devices$: ChangeStream<InterfaceIndex, NdpDevice>;
  /** Where the programs look for the devices: `ndpDevicesMap`. */
  readonly map: KeyedMap<number, NdpSpeaker>;
  /** The neighbours of the devices' network namespace. */
  readonly neighbours: Pick<Neighbours, "add" | "get" | "delete" | "list">;
  /** Sends a frame out of a device, as a `FrameSender` does. */
  readonly send: (device: InterfaceIndex, frame: Uint8Array) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface NdpProxyOptions {
  /** The protocol number of our entries among the kernel's, which tells them from others' (rt_protos). */
  readonly protocol: RouteProtocol;
  /**
   * Whether advertisements say that this host is a router, which it is if it forwards packets to the addresses.
   *
   * @defaultValue true
   */
  readonly router?: boolean;
  /**
   * Whether answers replace what others remember. A proxy's do not, so that the owner of an address who is on the
   * link himself is preferred (RFC 4861 section 7.2.8). Announcements always do.
   *
   * @defaultValue false
   */
  readonly override?: boolean;
  /**
   * Announcements a second, repetitions included, on all devices together; 0: none.
   *
   * @defaultValue 100
   */
  readonly announcementRate?: number;
}

/**
 * Makes a host the one that is asked, on chosen links, for the addresses behind it: it tells the programs the devices,
 * joins the groups that solicitations are sent to, and announces addresses that appear.
 *
 * What is known by then is in effect when `start` resolves. `close` leaves everything in place: groups and answers
 * need no process.
 */
export interface NdpProxy extends Service {
  readonly health$: StateStream<Health>;
  /** All that it keeps in tables, to look at. */
  readonly tables: readonly Table<Key, unknown>[];
  /** Removes what it has in the kernel, after `close`. */
  remove(): Promise<void>;
}

/**
 * Makes the service; nothing is read or written before `start`.
 *
 * @throws {NdpError} `invalid-option`
 */
export function createNdpProxy(deps: NdpProxyDeps, options: NdpProxyOptions): NdpProxy {
  return new KernelNdpProxy(deps, options);
}

const unspecified = parseIpv6("::");

class KernelNdpProxy implements NdpProxy {
  readonly #deps: NdpProxyDeps;
  readonly #announcer: Announcer;
  readonly #entries: ProxyEntries;
  readonly #devices: Reconciler<number>;
  readonly #addresses: Reconciler<string>;
  readonly #health = createState<Health>({ level: "starting", message: "not started yet" });
  readonly #subscription = new Subscription();

  constructor(deps: NdpProxyDeps, options: NdpProxyOptions) {
    const { clock, logger, neighbours, send } = deps;
    const { protocol, router = true, override = false, announcementRate = 100 } = options;
    checkRate(announcementRate);
    this.#deps = deps;
    this.#announcer = new Announcer({ send, clock, logger }, announcementRate);
    this.#entries = new ProxyEntries({
      neighbours,
      announcer: this.#announcer,
      protocol,
      router,
    });
    const flags = (router ? NdpSpeakerFlag.router : 0) | (override ? NdpSpeakerFlag.override : 0);
    this.#devices = createReconciler(
      {
        desired$: mapValues(deps.devices$, ({ mac, source = unspecified }): NdpSpeaker => ({
          mac,
          source,
          flags,
        })),
        target: storeTarget(deps.map, { name: "devices" }),
        clock,
        logger,
      },
      { name: "devices that answer" },
    );
    this.#addresses = createReconciler(
      { desired$: proxyEntries(deps), target: this.#entries, clock, logger },
      { name: "addresses answered for", pruneInterval: 60_000 },
    );
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    return [this.#devices.status, this.#addresses.status];
  }

  /** Nothing is announced before it is answered for. */
  async start(): Promise<void> {
    this.#subscription.add(
      combineLatest([this.#devices.health$, this.#addresses.health$]).subscribe(([one, other]) =>
        this.#health.set(worseHealth(one, other)),
      ),
    );
    this.#subscription.add(
      // With a device that was down for a moment the kernel's entries went, and nobody's wish for them.
      this.#deps.devices$.subscribe(({ kind }) => {
        if (kind === "upsert") this.#addresses.requestPrune();
      }),
    );
    await this.#devices.start();
    await this.#devices.whenIdle();
    await this.#addresses.start();
    await this.#addresses.whenIdle();
  }

  async close(): Promise<void> {
    await this.#addresses.close();
    await this.#devices.close();
    await this.#announcer.close();
    this.#subscription.unsubscribe();
  }

  async remove(): Promise<void> {
    for await (const [device] of this.#deps.map.entries()) this.#deps.map.delete(device);
    await this.#entries.removeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Each address on each device. */
function proxyEntries({
  addresses$,
  devices$,
}: NdpProxyDeps): ChangeStream<string, Derived<ProxyEntry>> {
  const all = "all";
  const entries$ = join(
    addresses$,
    group(devices$, () => all),
    () => all,
    (_, devices, address) =>
      Array.from(
        devices.entries(),
        ([ifindex, device]) => [proxyKey(ifindex, address), { address, ifindex, device }] as const,
      ),
  );
  return flatten(entries$);
}

/** @throws {NdpError} `invalid-option` */
export function checkRate(rate = 0): void {
  if (rate >= 0 && Number.isFinite(rate)) return;
  throw new NdpError({
    code: "invalid-option",
    operation: "create neighbour proxy with",
    subject: "announcementRate",
    reason: `${String(rate)} is not a number of frames a second`,
  });
}
