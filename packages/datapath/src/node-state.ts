import {
  type ChangeStream,
  type Clock,
  type Health,
  type InterfaceIndex,
  type IpAddress,
  type Logger,
  worseHealth,
} from "@heddle/contracts";
import {
  createReconciler,
  type Key,
  mapValues,
  type Reconciler,
  storeTarget,
  type Table,
} from "@heddle/tables";
import { combineLatest, map, type Observable } from "rxjs";
import type { AttachContext } from "./attach.ts";
import type { Epochs } from "./epochs.ts";
import { devicesMap, nodeAddrsMap } from "./generated/bpf.ts";
import type { LoadedPrograms } from "./load.ts";
import { type NodeDevice, NodeDeviceTarget } from "./node-devices.ts";

export interface NodeStateDeps {
  readonly nodeDevices$: ChangeStream<InterfaceIndex, NodeDevice>;
  readonly nodeAddresses$: ChangeStream<IpAddress, unknown>;
  readonly programs: LoadedPrograms;
  readonly context: AttachContext;
  readonly epochs: Epochs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the programs know of the node itself: the devices that lead to the network, and its addresses. */
export class NodeState {
  readonly #reconcilers: readonly [Reconciler<InterfaceIndex>, Reconciler<IpAddress>];

  constructor({ programs, context, epochs, clock, logger, ...streams }: NodeStateDeps) {
    this.#reconcilers = [
      createReconciler(
        {
          desired$: streams.nodeDevices$,
          target: new NodeDeviceTarget(
            context,
            programs.pairs.node,
            programs.objectWith(devicesMap.name).map(devicesMap),
            epochs,
          ),
          clock,
          logger,
        },
        { name: "node devices" },
      ),
      createReconciler(
        {
          desired$: mapValues(streams.nodeAddresses$, () => 1),
          target: storeTarget(programs.objectWith(nodeAddrsMap.name).map(nodeAddrsMap), {
            name: "node addresses",
          }),
          clock,
          logger,
        },
        { name: "node addresses" },
      ),
    ];
  }

  /** How far each device and each address has come. */
  get tables(): readonly Table<Key, unknown>[] {
    return this.#reconcilers.map(({ status }) => status);
  }

  /** The worse of the two. */
  get health$(): Observable<Health> {
    const [devices, addresses] = this.#reconcilers;
    return combineLatest([devices.health$, addresses.health$]).pipe(
      map(([one, other]) => worseHealth(one, other)),
    );
  }

  async start(): Promise<void> {
    for (const reconciler of this.#reconcilers) await reconciler.start();
  }

  async close(): Promise<void> {
    for (const reconciler of this.#reconcilers) await reconciler.close();
  }
}
