import type { InterfaceIndex } from "@heddle/contracts";
import { attachTcx, BpfError, type Link, openPinnedLink, type Program, unpin } from "libbpf-napi";
import type { DeviceRole, Pins } from "./pins.ts";

/** The programs at the two sides of a device. */
export interface ProgramPair {
  readonly ingress: Program;
  readonly egress: Program;
}

/** Where attachments are pinned, and where the devices are. */
export interface AttachContext {
  readonly pins: Pins;
  /** Path of the devices' network namespace; undefined for this process's own. */
  readonly netns: string | undefined;
}

const hooks = ["ingress", "egress"] as const;
type Hook = (typeof hooks)[number];

/**
 * Makes a device run the pair. What is attached already is replaced by one atomic update of its link,
 * so that no packet meets both programs or none.
 *
 * @throws {BpfError} `no-device`, `not-permitted`; `UnsupportedFeatureError` before Linux 6.6
 */
export async function attachPair(
  { pins, netns }: AttachContext,
  role: DeviceRole,
  ifindex: InterfaceIndex,
  pair: ProgramPair,
): Promise<void> {
  for (const hook of hooks) {
    const path = pins.link(role, ifindex, hook);
    if (await adopt(path, ifindex, hook, pair[hook])) continue;
    const place = { ifindex, hook, ...(netns === undefined ? {} : { netns }) };
    await using link = await attachTcx(pair[hook], place);
    link.pin(path);
  }
}

/** Takes the pair off the device. Nothing happens where it is not attached, or the device is gone. */
export function detachPair({ pins }: AttachContext, role: DeviceRole, ifindex: number): void {
  for (const hook of hooks) unpin(pins.link(role, ifindex, hook));
}

/** Removes the pins of links whose devices are gone; their numbers may come again. */
export async function dropDeadLinks(pins: Pins): Promise<number> {
  let dropped = 0;
  for (const { path } of pins.links()) {
    await using link = openPinnedLink(path);
    if (deviceOf(link) === undefined && unpin(path)) dropped++;
  }
  return dropped;
}

/** Whether a pinned link is at the device and now runs the program. */
async function adopt(
  path: string,
  ifindex: InterfaceIndex,
  hook: Hook,
  program: Program,
): Promise<boolean> {
  const link = openIfPinned(path);
  if (link === undefined) return false;
  await using held = link;
  const info = held.info();
  if (info.type !== "tcx" || info.ifindex !== ifindex || info.hook !== hook) {
    unpin(path);
    return false;
  }
  await held.update(program);
  return true;
}

function openIfPinned(path: string): Link | undefined {
  try {
    return openPinnedLink(path);
  } catch (error) {
    if (error instanceof BpfError && error.code === "pin-missing") return undefined;
    throw error;
  }
}

function deviceOf(link: Link): InterfaceIndex | undefined {
  const info = link.info();
  return info.type === "tcx" ? info.ifindex : undefined;
}
