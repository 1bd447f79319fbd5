import { addon, type NativeDevice, type NativeObject } from "./addon.ts";
import { interfaceIndex } from "@heddle/contracts";
import { deviceExplanations } from "./attach-tcx.ts";
import { errnoName } from "./errno.ts";
import { type Attempt, BpfError, check, kernelError, VerifierError } from "./errors.ts";
import { tcxAttachTypes } from "./kernel-names.ts";
import type { DeviceInfo, ProgramDevice } from "./program-types.ts";

/** The devices that an object's programs are loaded for. */
export class DeviceChoice {
  readonly #chosen: ProgramDevice[] = [];

  /** The network namespace to load in. */
  get netns(): string | undefined {
    return this.#chosen[0]?.netns;
  }

  choose(native: NativeObject, program: string, device: ProgramDevice, attempt: Attempt): void {
    const other = this.#chosen.find(({ netns }) => netns !== device.netns);
    if (other !== undefined) {
      throw new BpfError({
        ...attempt,
        code: "invalid-argument",
        reason: "an object's devices must all be in one network namespace",
        hint: "load the object twice",
      });
    }
    const { ifindex, offload = false } = device;
    check(attempt, addon().objectDevice(native, program, ifindex, offload));
    this.#chosen.push(device);
  }

  /** Explains why an object was not loaded, if its devices are why. */
  async explain(failure: BpfError): Promise<BpfError> {
    const refused = failure.errno === "EINVAL" || failure.errno === "EOPNOTSUPP";
    if (!refused || failure instanceof VerifierError) return failure;
    for (const device of this.#chosen) {
      const { ifindex, netns } = device;
      const { error } = await addon().deviceQuery(ifindex, tcxAttachTypes.ingress, netns);
      if (errnoName(error) !== "ENODEV") continue;
      return kernelError(failure, error, deviceExplanations(ifindex, netns));
    }
    const [device] = this.#chosen;
    return device === undefined ? failure : unableError(failure, device);
  }
}

function unableError(failure: BpfError, { ifindex, offload = false }: ProgramDevice): BpfError {
  const device = `device ${String(ifindex)}`;
  return new BpfError({
    operation: failure.operation,
    subject: failure.subject,
    code: "unsupported-feature",
    reason: offload
      ? `the driver of ${device} does not run programs or maps like these on the device`
      : `the driver of ${device} tells XDP programs nothing of packets, or the kernel is older than Linux 6.3`,
    hint: offload
      ? 'load it without offload, and attach it in mode "native"'
      : "load it without a device, and without the functions bpf_xdp_metadata_*",
    errno: failure.errno,
    cause: failure,
  });
}

/** What the kernel says of the device that something is on. */
export function deviceOf({
  ifindex,
  netnsDevice,
  netnsInode,
}: NativeDevice): DeviceInfo | undefined {
  if (ifindex === 0) return undefined;
  return { ifindex: interfaceIndex(ifindex), netns: { dev: netnsDevice, ino: netnsInode } };
}
