import type { InterfaceIndex } from "@heddle/contracts";
import type { DesiredSet, ReconcileTarget } from "@heddle/tables";
import type { TunnelDevice } from "./tunnel-device.ts";

/** What the tunnel device has to be like. */
export interface TunnelDeviceSpec {
  /** Bytes of the largest IP packet. */
  readonly mtu: number;
  /** Whether it cuts up buffers that are larger than that. */
  readonly isCutting: boolean;
}

/** The tunnel device as a target, which holds one at most. Who is interested is told its index, or 0. */
export class DeviceTarget implements ReconcileTarget<string, TunnelDeviceSpec> {
  readonly #device: TunnelDevice;
  readonly #told: (ifindex: InterfaceIndex | 0) => void;

  constructor(device: TunnelDevice, told: (ifindex: InterfaceIndex | 0) => void) {
    this.#device = device;
    this.#told = told;
  }

  async update(_key: string, { mtu, isCutting }: TunnelDeviceSpec): Promise<void> {
    this.#told(await this.#device.ensure(mtu, isCutting));
  }

  async delete(): Promise<void> {
    this.#told(0);
    await this.#device.remove();
  }

  async prune(desired: DesiredSet<string, TunnelDeviceSpec>): Promise<void> {
    const [first] = desired.entries();
    if (first !== undefined) await this.update(...first);
    else if (desired.keys().next().done === true) await this.delete();
  }
}
