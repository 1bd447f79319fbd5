import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceIndex } from "@heddle/contracts";
import { attachClsact, BpfError, type LoadedObject, openClsact, openPinnedMap } from "libbpf-napi";
import {
  ImpairBound,
  type ImpairCount,
  impairCountsMap,
  ImpairDirection,
  type ImpairPlace,
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
 * @throws {LabError} `bad-option`, `no-such-link`, `process-failed`, `object-missing`
 */
export async function impair(
  context: LabContext,
  target: string,
  given: Impairment,
  chosen: readonly ImpairedDirection[] = directions,
): Promise<void> {
  const impairment = completeImpairment(given);
  if (holds(impairment)) checkFrames(context);
  const places = await placesOf(context, target, chosen);
  try {
    await using object = await loadImpairPrograms(pinsOf(context));
    await setOffloads(hostsOf(context.plan), "off");
    if (holds(impairment)) await startDelayLine(context, pinsOf(context));
    for (const place of places) {
      await attach(context, object, place);
      object.map(impairCountsMap).set(keyOf(place), noPackets);
      object.map(impairmentsMap).set(keyOf(place), toKernel(impairment, place.direction));
    }
  } catch (error) {
    await endIfIdle(context);
    throw error;
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
  const places = await placesOf(context, target, chosen);
  if (!existsSync(pinsOf(context))) return;
  await remove(context, places);
  await endIfIdle(context);
}

async function remove(context: LabContext, places: readonly Place[]): Promise<void> {
  using maps = openMaps(context);
  for (const place of places) {
    maps?.impairments.delete(keyOf(place));
    maps?.counts.delete(keyOf(place));
    await detach(context, place);
  }
}

/** Where nothing is impaired, there is no delay line, and hosts send as they like. */
async function endIfIdle(context: LabContext): Promise<void> {
  if ((await listImpairments(context)).length > 0) return;
  await stopDelayLine(context);
  await setOffloads(hostsOf(context.plan), "on");
  rmSync(pinsOf(context), { recursive: true, force: true });
}

/** What is impaired, in the order of hosts and their devices. */
export async function listImpairments(context: LabContext): Promise<readonly LabImpairment[]> {
  using maps = openMaps(context);
  if (maps === undefined) return [];
  const places = await placesOf(context, undefined, directions);
  return places.flatMap((place) => {
    const held = maps.impairments.get(keyOf(place));
    if (held === undefined) return [];
    const count = maps.counts.get(keyOf(place)) ?? noPackets;
    return [{ link: place.link, direction: place.direction, ...fromKernel(held), ...count }];
  });
}

/** A direction of a link, and its port. */
interface Place {
  /** `node-1/eth0`. */
  readonly link: string;
  readonly direction: ImpairedDirection;
  readonly ifindex: InterfaceIndex;
}

function keyOf({ ifindex, direction }: Place): ImpairPlace {
  return { ifindex, direction: ImpairDirection[direction] };
}

/** The places of a target, or all. */
async function placesOf(
  { plan }: LabContext,
  target: string | undefined,
  chosen: readonly ImpairedDirection[],
): Promise<readonly Place[]> {
  const links = target === undefined ? allLinks(plan) : linksOf(plan, target);
  const ports = await portIndexes(plan);
  return links.flatMap((link) => {
    const ifindex = indexOf(ports, link.device.port);
    return chosen.map((direction) => ({ link: nameOf(link), direction, ifindex }));
  });
}

/** The maps of the programs; undefined where there are none, or not all, since making them was interrupted. */
function openMaps(context: LabContext) {
  const pin = (name: string): string => join(pinsOf(context), name);
  if (![impairmentsMap, impairCountsMap].every(({ name }) => existsSync(pin(name))))
    return undefined;
  const impairments = openPinnedMap(pin(impairmentsMap.name), impairmentsMap);
  const counts = openPinnedMap(pin(impairCountsMap.name), impairCountsMap);
  return {
    impairments,
    counts,
    [Symbol.dispose]() {
      impairments.close();
      counts.close();
    },
  };
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
  { ifindex, direction }: Place,
): Promise<void> {
  const { impairFrom, impairTo } = impairObject.programs;
  const program = object.program((direction === "from" ? impairFrom : impairTo).name);
  const netns = netnsPath(plan.switchNetns);
  await attachClsact(program, { ifindex, hook: hooks[direction], netns, ...filter, replace: true });
}

async function detach({ plan }: LabContext, { ifindex, direction }: Place): Promise<void> {
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
