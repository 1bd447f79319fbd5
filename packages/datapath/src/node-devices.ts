import { interfaceIndex, type InterfaceIndex } from "@heddle/contracts";
import type { DesiredSet, ReconcileTarget } from "@heddle/tables";
import type { BpfMap } from "libbpf-napi";
import { type AttachContext, attachPair, detachPair, type ProgramPair } from "./attach.ts";
import type { Epochs } from "./epochs.ts";
import type { Device } from "./generated/bpf.ts";

/** A device of the node that leads to the network. */
export interface NodeDevice {
  readonly name: string;
  /** Largest IP packet that it takes, in bytes. */
  readonly mtu: number;
}

/**
 * The node's devices as a target: each desired one runs the node's programs and is known to the pods'
 * programs as a way out.
 */
export class NodeDeviceTarget implements ReconcileTarget<InterfaceIndex, NodeDevice> {
  readonly #context: AttachContext;
  readonly #pair: ProgramPair;
  readonly #devices: BpfMap<number, Device>;
  readonly #epochs: Pick<Epochs, "routesChanged">;

  constructor(
    context: AttachContext,
    pair: ProgramPair,
    devices: BpfMap<number, Device>,
    epochs: Pick<Epochs, "routesChanged">,
  ) {
    this.#context = context;
    this.#pair = pair;
    this.#devices = devices;
    this.#epochs = epochs;
  }

  async update(ifindex: InterfaceIndex, device: NodeDevice): Promise<void> {
    await attachPair(this.#context, "node", ifindex, this.#pair);
    if (this.#devices.get(ifindex)?.mtu === device.mtu) return;
    this.#devices.set(ifindex, { mtu: device.mtu });
    this.#epochs.routesChanged();
  }

  async delete(ifindex: InterfaceIndex): Promise<void> {
    await this.#remove(ifindex);
  }

  async prune(desired: DesiredSet<InterfaceIndex, NodeDevice>): Promise<void> {
    const held = new Set<InterfaceIndex>();
    for await (const [ifindex] of this.#devices.entries()) held.add(interfaceIndex(ifindex));
    for (const { role, ifindex } of this.#context.pins.attachments())
      if (role === "node") held.add(ifindex);
    for (const ifindex of held) if (!desired.has(ifindex)) await this.#remove(ifindex);
  }

  /** Packets stop leaving by the device before its programs go. */
  async #remove(ifindex: InterfaceIndex): Promise<void> {
    if (this.#devices.delete(ifindex)) this.#epochs.routesChanged();
    await detachPair(this.#context, "node", ifindex);
  }
}
