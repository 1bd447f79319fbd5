import { mkdirSync } from "node:fs";
import type { Clock, InterfaceIndex, Logger, Service } from "@heddle/contracts";
import { attachTc, type TcAttachment } from "libbpf-napi";
import { openConntrackObject, partsOf, sizeTable, type TableSize } from "./conntrack-object.ts";
import { ConntrackError, invalidOption } from "./conntrack-error.ts";
import { conntrackObject } from "./generated/bpf.ts";
import {
  createKernelConntrack,
  type KernelConntrack,
  type KernelConntrackOptions,
} from "./kernel-conntrack.ts";

export interface DeviceConntrackDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface DeviceConntrackOptions extends KernelConntrackOptions, TableSize {
  /** The devices whose packets are tracked, in both directions. One on which each packet is seen once. */
  readonly devices: readonly InterfaceIndex[];
  /**
   * Path of the network namespace that the devices are in.
   *
   * @defaultValue this process's own
   */
  readonly netns?: string;
  /**
   * How the programs are attached: by tcx links (Linux 6.6), or as filters of traffic control, which a device keeps when the
   * process is killed.
   *
   * @defaultValue `"auto"`: tcx where the kernel has it
   */
  readonly attachment?: TcAttachment;
  /**
   * A folder in a BPF file system in which the maps are pinned, so that others can look by `openConnections`, and the next
   * process takes them over. Made where it is not there.
   *
   * @defaultValue none: the connections are gone with the process
   */
  readonly pins?: string;
}

/** Connection tracking of what passes some devices. Everything passes, whatever it is to a connection. */
export interface DeviceConntrack extends Service {
  /** Usable from `start` to `close`. */
  readonly connections: KernelConntrack;
}

/**
 * Connection tracking alone, without an agent or anything else of Heddle's in the kernel.
 *
 * `start` loads the programs and attaches them; it rejects with {@link ConntrackError}
 * `object-missing`, or with what libbpf-napi throws. `close` takes them off.
 *
 * @throws {ConntrackError} `invalid-option`
 */
export function createDeviceConntrack(
  deps: DeviceConntrackDeps,
  options: DeviceConntrackOptions,
): DeviceConntrack {
  if (options.devices.length === 0) {
    throw invalidOption(
      "devices",
      "there is none",
      "name the devices whose packets are to be tracked",
    );
  }
  return new AttachedConntrack(deps, options);
}

/** A filter's place before others; the handle ("ct") tells it from theirs. */
const filterPlace = { priority: 1, handle: 0x6374 } as const;

class AttachedConntrack implements DeviceConntrack {
  readonly #deps: DeviceConntrackDeps;
  readonly #options: DeviceConntrackOptions;
  #connections: KernelConntrack | undefined;
  #closing: Promise<void> | undefined;
  readonly #stack = new AsyncDisposableStack();

  constructor(deps: DeviceConntrackDeps, options: DeviceConntrackOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get connections(): KernelConntrack {
    if (this.#connections !== undefined) return this.#connections;
    throw new ConntrackError({
      code: "not-tracking",
      operation: "look at",
      subject: "connections",
      reason: "tracking has not been started, or is closed",
    });
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#connections = undefined;
    this.#closing ??= this.#stack.disposeAsync();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(): Promise<void> {
    const { attachment, devices, netns, pins } = this.#options;
    using file = await openConntrackObject();
    sizeTable(file, this.#options);
    if (pins !== undefined) {
      mkdirSync(pins, { recursive: true });
      for (const name of conntrackObject.maps) file.pinMap(name, `${pins}/${name}`);
    }
    const object = this.#stack.use(await file.load());
    const connections = createKernelConntrack({ ...this.#deps, ...partsOf(object) }, this.#options);
    await connections.start();
    this.#stack.use(connections);
    for (const ifindex of devices) {
      for (const hook of ["ingress", "egress"] as const) {
        const { trackIngress, trackEgress } = conntrackObject.programs;
        const program = object.program((hook === "ingress" ? trackIngress : trackEgress).name);
        const place = { ifindex, hook, ...filterPlace, netns, attachment };
        this.#stack.use(await attachTc(program, place));
      }
    }
    this.#connections = connections;
  }
}
