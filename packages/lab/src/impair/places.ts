import type { InterfaceIndex } from "@heddle/contracts";
import { createRtnetlink, openNetns } from "@heddle/rtnetlink";
import { LabError } from "../lab-error.ts";
import { type DevicePlan, hostsOf, type LabPlan, netnsPath } from "../plan.ts";

/** A link of a host. */
export interface HostLink {
  readonly host: string;
  readonly device: DevicePlan;
}

/**
 * The links that a target names: all of `HOST`, or the one of `HOST/DEVICE`.
 *
 * @throws {LabError} `no-such-link`
 */
export function linksOf(plan: LabPlan, target: string): readonly HostLink[] {
  const found = allLinks(plan).filter((link) => link.host === target || nameOf(link) === target);
  if (found.length > 0) return found;
  throw new LabError({
    code: "no-such-link",
    operation: "find link",
    subject: target,
    reason: `lab ${plan.name} does not have it`,
    hint: `it has ${allLinks(plan).map(nameOf).join(", ")}`,
  });
}

/** Every link of every host, in their order. */
export function allLinks(plan: LabPlan): readonly HostLink[] {
  return hostsOf(plan).flatMap(({ name: host, devices }) =>
    devices.map((device) => ({ host, device })),
  );
}

export function nameOf({ host, device }: HostLink): string {
  return `${host}/${device.name}`;
}

/** The indexes of the switch's ports, by name. */
export async function portIndexes(plan: LabPlan): Promise<ReadonlyMap<string, InterfaceIndex>> {
  using netns = openNetns(netnsPath(plan.switchNetns));
  await using switching = createRtnetlink({ netns });
  await switching.start();
  const links = await switching.links.list({ kind: "veth" });
  return new Map(links.map(({ name, index }) => [name, index]));
}
