import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type Logger,
  type Service,
  silentLogger,
  type StateStream,
  systemClock,
  toError,
} from "@heddle/contracts";
import { BehaviorSubject } from "rxjs";
import type { Address } from "../address/address.ts";
import type { Link } from "../link/link.ts";
import { nativeChannel } from "../native/native-channel.ts";
import type { Neighbour } from "../neighbour/neighbour.ts";
import type { OpenChannel } from "../netlink/channel.ts";
import type { Message } from "../netlink/message.ts";
import { duplicateNetns, type NetnsHandle } from "../netns.ts";
import type { Route } from "../route/route.ts";
import { closedError, createRtnetlink, type Rtnetlink } from "../rtnetlink.ts";
import type { Rule } from "../rule/rule.ts";
import { Collection, type CollectionContext } from "./collection.ts";
import { EventSource } from "./event-source.ts";
import { addressKind, linkKind, neighbourKind, routeKind, ruleKind } from "./kinds.ts";
import { isNextHopEvent, routeDoubts } from "./route-doubts.ts";

/** What can be monitored. */
export const monitoredKinds = ["links", "addresses", "routes", "neighbours", "rules"] as const;
export type MonitoredKind = (typeof monitoredKinds)[number];

/**
 * The state of one network namespace as streams: what is there, then `synced`, then what changes.
 *
 * - `start` opens the one event socket, and resolves when all kinds are listed. The service keeps the process
 *   alive until it is closed.
 * - When events were lost, as the receive buffer was full, everything is listed anew and the streams tell
 *   the difference. `health$` is `degraded` meanwhile.
 * - What the kernel changes without an event is listed anew as well: routes, when a device or an IPv4 address
 *   goes or a device's state changes. Of neighbours it tells most, but not all changes of the state, and
 *   nothing of one that is resolved for the first time until it is; of proxy entries it tells nothing at
 *   all, so `neighbours$` has none.
 * - `close` completes the streams.
 */
export interface RtnetlinkMonitor extends Service {
  readonly links$: ChangeStream<InterfaceIndex, Link>;
  /** Keyed by `addressKey`. */
  readonly addresses$: ChangeStream<string, Address>;
  /** Keyed by `routeKey`; of several routes with one key it has the first, which is the one that the kernel uses. */
  readonly routes$: ChangeStream<string, Route>;
  /** Keyed by `neighbourKey`. */
  readonly neighbours$: ChangeStream<string, Neighbour>;
  /** Keyed by `ruleKey`. */
  readonly rules$: ChangeStream<string, Rule>;
  readonly health$: StateStream<Health>;
}

export interface RtnetlinkMonitorDeps {
  /** The namespace; without it, the one that the calling thread is in. Must be open until `start` resolves. */
  readonly netns?: NetnsHandle;
  /** @defaultValue one that says nothing */
  readonly logger?: Logger;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export interface RtnetlinkMonitorOptions {
  /**
   * What to monitor. `routes` brings `links` and `addresses` with it. The stream of a kind that is not monitored
   * stays silent and never syncs.
   *
   * @defaultValue all
   */
  readonly kinds?: readonly MonitoredKind[];
  /**
   * Bytes of events that can wait to be read; the kernel counts its bookkeeping in. A process without
   * `CAP_NET_ADMIN` gets at most `net.core.rmem_max`.
   *
   * @defaultValue 4194304
   */
  readonly receiveBuffer?: number;
  /** Milliseconds at least from one list of a kind to the next, where events make lists necessary. @defaultValue 50 */
  readonly pace?: number;
  /** Milliseconds until the next attempt after a list, or the opening of a socket, failed. @defaultValue 1000 */
  readonly retryDelay?: number;
}

/** Makes a service that follows the links, addresses, routes, neighbours and rules of a namespace. */
export function createRtnetlinkMonitor(
  deps: RtnetlinkMonitorDeps = {},
  options: RtnetlinkMonitorOptions = {},
): RtnetlinkMonitor {
  return new SocketMonitor(deps, options);
}

/** A collection, whatever it is of. */
type Watched = Pick<
  Collection<unknown, unknown>,
  "name" | "groups" | "take" | "load" | "invalidate" | "close"
>;

const defaultEventBuffer = 4_194_304;
const defaultPace = 50;
const defaultRetryDelay = 1000;

class SocketMonitor implements RtnetlinkMonitor {
  readonly links$: ChangeStream<InterfaceIndex, Link>;
  readonly addresses$: ChangeStream<string, Address>;
  readonly routes$: ChangeStream<string, Route>;
  readonly neighbours$: ChangeStream<string, Neighbour>;
  readonly rules$: ChangeStream<string, Rule>;
  readonly #netns: NetnsHandle | undefined;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #retryDelay: number;
  readonly #receiveBuffer: number;
  readonly #rtnetlink: Rtnetlink;
  readonly #routes: Collection<string, Route>;
  readonly #watched: readonly Watched[];
  readonly #health = new BehaviorSubject<Health>({ level: "starting", message: "not started" });
  /** The kinds of which it is not certain that what is published is right. */
  readonly #unsettled: Set<string>;
  /** What `close` ends, the last first. */
  readonly #running: (() => void)[] = [];
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(deps: RtnetlinkMonitorDeps, options: RtnetlinkMonitorOptions) {
    this.#netns = deps.netns;
    this.#logger = deps.logger ?? silentLogger;
    this.#clock = deps.clock ?? systemClock;
    this.#retryDelay = options.retryDelay ?? defaultRetryDelay;
    this.#receiveBuffer = options.receiveBuffer ?? defaultEventBuffer;
    const rtnetlink = createRtnetlink(deps.netns === undefined ? {} : { netns: deps.netns });
    const context = this.#context(options.pace ?? defaultPace);
    const links = new Collection(linkKind, () => rtnetlink.links.list(), context);
    const addresses = new Collection(addressKind, () => rtnetlink.addresses.list(), context);
    const routes = new Collection(routeKind, () => rtnetlink.routes.list(), context);
    // The kernel tells nothing of the proxy table.
    const listNeighbours = (): Promise<readonly Neighbour[]> =>
      rtnetlink.neighbours.list({ proxy: false });
    const neighbours = new Collection(neighbourKind, listNeighbours, context);
    const rules = new Collection(ruleKind, () => rtnetlink.rules.list(), context);
    this.links$ = links.changes$;
    this.addresses$ = addresses.changes$;
    this.routes$ = routes.changes$;
    this.neighbours$ = neighbours.changes$;
    this.rules$ = rules.changes$;
    this.#rtnetlink = rtnetlink;
    this.#routes = routes;
    const chosen = withDependencies(options.kinds ?? monitoredKinds);
    const all: readonly Watched[] = [links, addresses, routes, neighbours, rules];
    this.#watched = all.filter((collection) => chosen.has(collection.name));
    this.#unsettled = new Set(this.#watched.map((collection) => collection.name));
  }

  get health$(): StateStream<Health> {
    return this.#health;
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    try {
      await this.#rtnetlink.start();
      if (this.#closed !== undefined) throw closedError("start", "the monitor");
      this.#listen();
      await Promise.all(this.#watched.map((collection) => collection.load()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** First of all, so that no event after a list is missed. */
  #listen(): void {
    const source = new EventSource(this.#channel(), this.#clock, this.#retryDelay, {
      event: (message) => this.#take(message),
      resumed: (reason) => this.#resync(reason),
      stalled: (error) => this.#report("open event socket", error),
    });
    this.#running.push(() => source.close());
    source.open();
    if (!this.#watched.includes(this.#routes)) return;
    const doubts = routeDoubts(this.links$, this.addresses$, () => this.#routes.invalidate());
    this.#running.push(() => doubts.unsubscribe());
  }

  /** The namespace is held open, as the socket may have to be opened anew. */
  #channel(): OpenChannel {
    const netns = this.#netns && duplicateNetns(this.#netns);
    if (netns !== undefined) this.#running.push(() => netns[Symbol.dispose]());
    const subject = netns === undefined ? "in this namespace" : `in namespace ${netns.path}`;
    const groups = this.#watched.flatMap((collection) => collection.groups);
    return (listener) => {
      const channel = nativeChannel({
        netnsFd: netns?.fd,
        attempt: { operation: "open rtnetlink event socket", subject },
        receiveBuffer: this.#receiveBuffer,
        groups,
      });
      return channel(listener);
    };
  }

  #take(message: Message): void {
    for (const collection of this.#watched) collection.take(message);
    if (isNextHopEvent(message)) this.#routes.invalidate();
  }

  #resync(reason: string): void {
    this.#logger.warn("events were lost; listing everything anew", { reason });
    this.#health.next({ level: "degraded", message: `events were lost: ${reason}` });
    for (const collection of this.#watched) {
      this.#unsettled.add(collection.name);
      collection.invalidate();
    }
  }

  #context(pace: number): CollectionContext {
    return {
      clock: this.#clock,
      pace,
      retryDelay: this.#retryDelay,
      listed: (name, error) => {
        if (error === undefined) this.#settle(name);
        else this.#fail(name, error);
      },
    };
  }

  #report(attempt: string, error: unknown): void {
    const { message } = toError(error);
    this.#logger.warn("cannot follow the kernel; trying again", { attempt, error: message });
    this.#health.next({ level: "degraded", message });
  }

  #fail(name: string, error: unknown): void {
    this.#unsettled.add(name);
    this.#report(`list ${name}`, error);
  }

  #settle(name: string): void {
    this.#unsettled.delete(name);
    if (this.#unsettled.size > 0 || this.#health.value.level === "ok") return;
    this.#health.next({
      level: "ok",
      message: `in step with ${String(this.#watched.length)} kinds`,
    });
  }

  async #close(): Promise<void> {
    for (const end of this.#running.toReversed()) end();
    await Promise.all(this.#watched.map((collection) => collection.close()));
    await this.#rtnetlink.close();
    this.#health.complete();
  }
}

/** The kernel removes and marks routes with devices and addresses, without an event about the route. */
function withDependencies(kinds: readonly MonitoredKind[]): ReadonlySet<string> {
  return new Set(kinds.includes("routes") ? [...kinds, "links", "addresses"] : kinds);
}
