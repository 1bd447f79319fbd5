import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceIndex } from "@heddle/contracts";
import { attachClsact, BpfError, type LoadedObject, openClsact, openPinnedMap } from "libbpf-napi";
import {
  ImpairBound,
  type ImpairCount,
  impairCountsMap,
  ImpairDirection,
  type Impairment as KernelImpairment,
  impairmentsMap,
  impairObject,
} from "../generated/bpf.ts";
import type { LabContext } from "../lab-context.ts";
import { LabError } from "../lab-error.ts";
import { hostsOf, netnsPath } from "../plan.ts";
import { startDelayLine, stopDelayLine } from "./delay-process.ts";
import { loadImpairPrograms } from "./impair-programs.ts";
import {
  completeImpairment,
  type FullImpairment,
  holds,
  type ImpairedDirection,
  type Impairment,
} from "./impairment.ts";
import { setOffloads } from "./offloads.ts";
import { allLinks, linksOf, nameOf, portIndexes } from "./places.ts";

/** An impaired direction of a link, and what became of its packets. */
export interface LabImpairment extends FullImpairment, ImpairCount {
  /** `node-1/eth0`. */
  readonly link: string;
  readonly direction: ImpairedDirection;
}

const directions = ["from", "to"] as const;

/** 100 % of packets. */
const whole = 2 ** 32;

const nanosecondsPerMillisecond = 1e6;

/** Ethernet's. */
const headerLength = 14;

/** The filter at each place. */
const filter = { priority: 1, handle: 1 } as const;

const hooks = { from: "ingress", to: "egress" } as const;

const noPackets: ImpairCount = {
  packets: 0n,
  lost: 0n,
  duplicated: 0n,
  reordered: 0n,
  overflowed: 0n,
};

/**
 * Impairs directions of links, from their next packet on, whatever they were before.
 *
 * @throws {LabError} `bad-option`, `no-such-link`, `process-failed`
 */
export async function impair(
  context: LabContext,
  target: string,
  given: Impairment,
  chosen: readonly ImpairedDirection[] = directions,
): Promise<void> {
  const { plan } = context;
  const impairment = completeImpairment(given);
  const links = linksOf(plan, target);
  if (holds(impairment)) checkFrames(context);
  const ports = await portIndexes(plan);
  await using object = await loadImpairPrograms(pinsOf(context));
  await setOffloads(hostsOf(plan), "off");
  if (holds(impairment)) await startDelayLine(context, pinsOf(context));
  const impairments = object.map(impairmentsMap);
  const counts = object.map(impairCountsMap);
  for (const { device } of links) {
    const ifindex = indexOf(ports, device.port);
    for (const direction of chosen) {
      const place = { ifindex, direction: ImpairDirection[direction] };
      await attach(context, object, ifindex, direction);
      counts.set(place, noPackets);
      impairments.set(place, toKernel(impairment, direction));
    }
  }
}

/**
 * Lets directions of links be as they were; nothing happens where they are.
 *
 * @throws {LabError} `no-such-link`, `process-failed`
 */
export async function unimpair(
  context: LabContext,
  target: string,
  chosen: readonly ImpairedDirection[] = directions,
): Promise<void> {
  const links = linksOf(context.plan, target);
  if (!existsSync(pinsOf(context))) return;
  const ports = await portIndexes(context.plan);
  using impairments = openPinnedMap(join(pinsOf(context), impairmentsMap.name), impairmentsMap);
  using counts = openPinnedMap(join(pinsOf(context), impairCountsMap.name), impairCountsMap);
  for (const { device } of links) {
    const ifindex = indexOf(ports, device.port);
    for (const direction of chosen) {
      const place = { ifindex, direction: ImpairDirection[direction] };
      impairments.delete(place);
      counts.delete(place);
      await detach(context, ifindex, direction);
    }
  }
  for await (const _ of impairments.entries()) return;
  await stopDelayLine(context);
  await setOffloads(hostsOf(context.plan), "on");
  rmSync(pinsOf(context), { recursive: true });
}

/** What is impaired, in the order of hosts and their devices. */
export async function listImpairments(context: LabContext): Promise<readonly LabImpairment[]> {
  const pins = pinsOf(context);
  if (!existsSync(pins)) return [];
  const ports = await portIndexes(context.plan);
  using impairments = openPinnedMap(join(pins, impairmentsMap.name), impairmentsMap);
  using counts = openPinnedMap(join(pins, impairCountsMap.name), impairCountsMap);
  return allLinks(context.plan).flatMap((link) =>
    directions.flatMap((direction) => {
      const ifindex = indexOf(ports, link.device.port);
      const place = { ifindex, direction: ImpairDirection[direction] };
      const held = impairments.get(place);
      if (held === undefined) return [];
      const count = counts.get(place) ?? noPackets;
      return [{ link: nameOf(link), direction, ...fromKernel(held), ...count }];
    }),
  );
}

/** The programs' maps are pinned while something is impaired. */
function pinsOf({ folder }: LabContext): string {
  return join(folder.pins, "impair");
}

function indexOf(ports: ReadonlyMap<string, InterfaceIndex>, port: string): InterfaceIndex {
  const index = ports.get(port);
  if (index !== undefined) return index;
  throw new LabError({
    code: "no-such-link",
    operation: "find port",
    subject: port,
    reason: "the lab's switch lacks it",
    hint: "heddle lab down, then bring the lab up again",
  });
}

/** Larger frames could not be let go again. */
function checkFrames({ plan }: LabContext): void {
  const largest = Math.max(...plan.networks.map(({ mtu }) => mtu));
  const most = ImpairBound.frame - headerLength;
  if (largest <= most) return;
  throw new LabError({
    code: "bad-option",
    operation: "impair with",
    subject: "delay or reorder",
    reason: `the lab's mtu is ${String(largest)}, and packets of ${String(most)} bytes at most can be held`,
    hint: `bring up a lab with mtu ${String(most)} or less`,
  });
}

async function attach(
  { plan }: LabContext,
  object: LoadedObject,
  ifindex: InterfaceIndex,
  direction: ImpairedDirection,
): Promise<void> {
  const { impairFrom, impairTo } = impairObject.programs;
  const program = object.program((direction === "from" ? impairFrom : impairTo).name);
  const netns = netnsPath(plan.switchNetns);
  await attachClsact(program, { ifindex, hook: hooks[direction], netns, ...filter, replace: true });
}

async function detach(
  { plan }: LabContext,
  ifindex: InterfaceIndex,
  direction: ImpairedDirection,
): Promise<void> {
  const netns = netnsPath(plan.switchNetns);
  try {
    const attached = await openClsact({ ifindex, hook: hooks[direction], netns, ...filter });
    await attached.detach();
  } catch (error) {
    if (!(error instanceof BpfError) || error.code !== "target-gone") throw error;
  }
}

/** The directions of a link draw from sequences of their own. */
function toKernel(full: FullImpairment, direction: ImpairedDirection): KernelImpairment {
  return {
    seed: (BigInt(full.seed) << 1n) | BigInt(ImpairDirection[direction]),
    delay: BigInt(Math.round(full.delay * nanosecondsPerMillisecond)),
    gap: BigInt(Math.round(full.gap * nanosecondsPerMillisecond)),
    loss: BigInt(Math.round(full.loss * whole)),
    duplicate: BigInt(Math.round(full.duplicate * whole)),
    reorder: BigInt(Math.round(full.reorder * whole)),
  };
}

/** What was given has a few digits; a share of 2^32 has more. */
function share(value: bigint): number {
  return Number((Number(value) / whole).toFixed(8));
}

function fromKernel(held: KernelImpairment): FullImpairment {
  return {
    seed: Number(held.seed >> 1n),
    delay: Number(held.delay) / nanosecondsPerMillisecond,
    gap: Number(held.gap) / nanosecondsPerMillisecond,
    loss: share(held.loss),
    duplicate: share(held.duplicate),
    reorder: share(held.reorder),
  };
}
