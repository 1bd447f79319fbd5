import {
  type Health,
  type InterfaceIndex,
  type IpAddress,
  type Service,
  type StateStream,
  worseHealth,
} from "@heddle/contracts";
import {
  createReconciler,
  createState,
  type Key,
  mapValues,
  type Reconciler,
  storeTarget,
  type Table,
} from "@heddle/tables";
import { type LoadedObject, loadObject, type TcAttachment } from "libbpf-napi";
import { combineLatest, type Subscription } from "rxjs";
import { AttachedDevices } from "./attached-devices.ts";
import { sendFrame } from "./frame-sender.ts";
import {
  ndpAddrsMap,
  ndpCountersMap,
  ndpDevicesMap,
  ndpObject,
  type ReasonName,
  reasonName,
} from "./generated/bpf.ts";
import { NdpError } from "./ndp-error.ts";
import {
  checkRate,
  createNdpProxy,
  type NdpProxy,
  type NdpProxyDeps,
  type NdpProxyOptions,
} from "./ndp-proxy.ts";
import { ndpObjectFile } from "./object-file.ts";

export type NdpResponderDeps = Omit<NdpProxyDeps, "map" | "send">;

export interface NdpResponderOptions extends NdpProxyOptions {
  /** Path of the network namespace that the devices are in. @defaultValue this process's own */
  readonly netns?: string;
  /**
   * How the program is attached: by tcx links (Linux 6.6), or as a filter of traffic control.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it
   */
  readonly attachment?: TcAttachment;
  /** How many addresses there may be. @defaultValue 65536 */
  readonly maxAddresses?: number;
}

/** How many requests for link-layer addresses met one end. */
export interface NdpCount {
  readonly reason: ReasonName;
  readonly requests: bigint;
}

/**
 * Answers ARP and neighbour discovery for addresses behind this host, with a program of its own on the devices.
 *
 * What is known by then is in effect when `start` resolves. `close` takes everything back.
 */
export interface NdpResponder extends Service {
  /** What became of requests since `start`: those that were answered, left to the kernel (`passed`) or malformed. */
  counters(): readonly NdpCount[];
  readonly health$: StateStream<Health>;
  /** All that it keeps in tables, to look at; none before `start`. */
  readonly tables: readonly Table<Key, unknown>[];
}

/**
 * Makes the service; nothing is loaded before `start`, which rejects with what libbpf-napi throws, or `object-missing`.
 *
 * @throws {NdpError} `invalid-option`
 */
export function createNdpResponder(
  deps: NdpResponderDeps,
  options: NdpResponderOptions,
): NdpResponder {
  return new StandaloneNdpResponder(deps, options);
}

/** What exists between `start` and `close`. */
interface Running {
  readonly object: LoadedObject;
  readonly addresses: Reconciler<IpAddress>;
  readonly attached: AttachedDevices;
  readonly attachments: Reconciler<InterfaceIndex>;
  readonly proxy: NdpProxy;
}

class StandaloneNdpResponder implements NdpResponder {
  readonly #deps: NdpResponderDeps;
  readonly #options: NdpResponderOptions;
  readonly #health = createState<Health>({ level: "starting", message: "not started yet" });
  #running: Running | undefined;
  #subscription: Subscription | undefined;
  #closing: Promise<void> | undefined;

  constructor(deps: NdpResponderDeps, options: NdpResponderOptions) {
    checkRate(options.announcementRate);
    this.#deps = deps;
    this.#options = options;
  }

  get health$(): StateStream<Health> {
    return this.#health.state$;
  }

  get tables(): readonly Table<Key, unknown>[] {
    if (this.#running === undefined) return [];
    const { addresses, attachments, proxy } = this.#running;
    return [addresses.status, attachments.status, ...proxy.tables];
  }

  async start(): Promise<void> {
    const { maxAddresses = ndpAddrsMap.maxEntries } = this.#options;
    const object = await loadObject(ndpObject, ndpObjectFile(), {
      maps: { [ndpAddrsMap.name]: { maxEntries: maxAddresses } },
    });
    this.#running = await this.#assemble(object);
    const { addresses, attachments, proxy } = this.#running;
    this.#subscription = combineLatest([
      addresses.health$,
      attachments.health$,
      proxy.health$,
    ]).subscribe(([first, ...others]) => this.#health.set(others.reduce(worseHealth, first)));
    for (const reconciler of [addresses, attachments]) {
      await reconciler.start();
      await reconciler.whenIdle();
    }
    await proxy.start();
  }

  counters(): readonly NdpCount[] {
    const map = this.#use("read counters").object.perCpuMap(ndpCountersMap);
    return Array.from({ length: map.maxEntries }, (_, index) => index).flatMap((index) => {
      const reason = reasonName(index);
      const requests = map.fold(index, (sum, count) => sum + count, 0n) ?? 0n;
      return reason === undefined || requests === 0n ? [] : [{ reason, requests }];
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #assemble(object: LoadedObject): Promise<Running> {
    const { addresses$, devices$, clock, logger } = this.#deps;
    const { attachment, netns } = this.#options;
    const attached = new AttachedDevices(object.program(ndpObject.programs.ndpAnswerFor.name), {
      netns,
      attachment,
    });
    return {
      object,
      attached,
      addresses: createReconciler(
        {
          desired$: mapValues(addresses$, () => 1),
          target: storeTarget(object.map(ndpAddrsMap), { name: "addresses" }),
          clock,
          logger,
        },
        { name: "addresses" },
      ),
      attachments: createReconciler(
        { desired$: devices$, target: attached, clock, logger },
        { name: "devices with programs" },
      ),
      proxy: createNdpProxy(
        {
          ...this.#deps,
          map: object.map(ndpDevicesMap),
          send: (device, frame) => sendFrame(object, device, frame, netns),
        },
        this.#options,
      ),
    };
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { addresses, attached, attachments, object, proxy } = running;
    this.#subscription?.unsubscribe();
    await proxy.close();
    for (const reconciler of [attachments, addresses]) await reconciler.close();
    await attached.detachAll();
    await proxy.remove();
    object.close();
    this.#running = undefined;
  }

  #use(operation: string): Running {
    if (this.#running !== undefined) return this.#running;
    throw new NdpError({
      code: "not-started",
      operation,
      subject: "neighbour responder",
      reason: "its programs are not loaded",
      hint: "call start first",
    });
  }
}
