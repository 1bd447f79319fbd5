import type { InterfaceIndex } from "@heddle/contracts";
import type { DesiredSet, ReconcileTarget } from "@heddle/tables";
import { type Attachment, attachTc, BpfError, type Program, type TcAttachment } from "libbpf-napi";

export interface AttachOptions {
  /** Path of the devices' network namespace; undefined for this process's own. */
  readonly netns: string | undefined;
  readonly attachment: TcAttachment | undefined;
}

/** The filter's place before others', as `tcx` has it by itself; the handle ("nd") tells it from theirs. */
const filterPlace = { priority: 1, handle: 0x6e64 } as const;

/** A program at the ingress of devices, for as long as it is wanted there. */
export class AttachedDevices implements ReconcileTarget<InterfaceIndex, unknown> {
  readonly #program: Program;
  readonly #options: AttachOptions;
  readonly #attached = new Map<InterfaceIndex, Attachment<unknown>>();

  constructor(program: Program, options: AttachOptions) {
    this.#program = program;
    this.#options = options;
  }

  async update(ifindex: InterfaceIndex): Promise<void> {
    if (this.#attached.has(ifindex)) return;
    const place = { ifindex, hook: "ingress", ...filterPlace, ...this.#options } as const;
    this.#attached.set(ifindex, await attachTc(this.#program, place));
  }

  async delete(ifindex: InterfaceIndex): Promise<void> {
    const attachment = this.#attached.get(ifindex);
    this.#attached.delete(ifindex);
    try {
      await attachment?.close();
    } catch (error) {
      // It went with the device.
      if (!(error instanceof BpfError) || !gone.has(error.code)) throw error;
    }
  }

  async prune(desired: DesiredSet<InterfaceIndex, unknown>): Promise<void> {
    for (const ifindex of this.#attached.keys()) {
      if (!desired.has(ifindex)) await this.delete(ifindex);
    }
  }

  async detachAll(): Promise<void> {
    for (const ifindex of this.#attached.keys()) await this.delete(ifindex);
  }
}

const gone: ReadonlySet<BpfError["code"]> = new Set(["target-gone", "no-device"]);
