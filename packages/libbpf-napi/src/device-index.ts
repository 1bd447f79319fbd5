import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";
import { addon } from "./addon.ts";
import { kernelError } from "./errors.ts";

export interface DeviceIndexOptions {
  /** Path of the network namespace that the device is in. @defaultValue this process's own */
  readonly netns?: string;
}

/**
 * The index of a network device by its name, as attaching to one wants it.
 *
 * ```ts
 * await using link = await attachXdp(program, { ifindex: await deviceIndex("eth0") });
 * ```
 *
 * @throws {BpfError} `no-device`
 */
export async function deviceIndex(
  name: string,
  { netns }: DeviceIndexOptions = {},
): Promise<InterfaceIndex> {
  const here = netns === undefined ? "the network namespace of this process" : netns;
  const { error, ifindex } = await addon().deviceIndex(name, netns);
  if (error === 0) return interfaceIndex(ifindex);
  throw kernelError({ operation: "find device", subject: name }, error, {
    ENODEV: {
      code: "no-device",
      reason: `there is none of that name in ${here}`,
      hint: "`ip link` lists them",
    },
    ENOENT: { reason: `there is no network namespace ${String(netns)}` },
  });
}
