import { type IpAddress, isIp } from "@heddle/contracts";

/**
 * What is noted at the node's end of a pod's device pair, as the link's alias: enough to take the pod
 * over after a restart, and readable in `ip link`.
 */
export interface DeviceAlias {
  /** The inode of the pod's network namespace, which tells it from a later one of the same name. */
  readonly netns: number;
  readonly addresses: readonly IpAddress[];
  /** The pod's key; cut where it does not fit. */
  readonly pod: string;
}

/** Says that the rest is in the form of this release. */
const tag = "heddle/1";

/** The kernel keeps up to 255 bytes. */
const maxLength = 255;

/** `heddle/1 4026532301 10.244.1.5,fd00:10:244:1::5 default/web-0` */
export function formatAlias({ netns, addresses, pod }: DeviceAlias): string {
  return `${tag} ${String(netns)} ${addresses.join(",")} ${pod}`.slice(0, maxLength);
}

/** Undefined for a text that `formatAlias` did not make. */
export function parseAlias(text: string | undefined): DeviceAlias | undefined {
  const [found, netns = "", list = "", pod, ...rest] = text?.split(" ") ?? [];
  if (found !== tag || pod === undefined || rest.length > 0) return undefined;
  const addresses = list.split(",").filter(isIp);
  if (!/^[0-9]+$/.test(netns) || addresses.length !== list.split(",").length) return undefined;
  return { netns: Number(netns), addresses, pod };
}
