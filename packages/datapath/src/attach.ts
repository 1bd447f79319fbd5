import { existsSync } from "node:fs";
import type { InterfaceIndex } from "@heddle/contracts";
import type { Program } from "libbpf-napi";
import { clsactFilters } from "./clsact-filters.ts";
import { type AttachmentKind, attachmentKinds, type DeviceRole, type Pins } from "./pins.ts";
import { tcxLinks } from "./tcx-links.ts";
import type { AttachmentWay } from "./attachment-way.ts";

/** The programs at the two sides of a device, or at one of them. */
export interface ProgramPair {
  readonly ingress?: Program;
  readonly egress?: Program;
}

/** Where attachments are noted, where the devices are, and how programs are attached to them. */
export interface AttachContext {
  readonly pins: Pins;
  /** Path of the devices' network namespace; undefined for this process's own. */
  readonly netns: string | undefined;
  readonly kind: AttachmentKind;
}

const ways: Readonly<Record<AttachmentKind, AttachmentWay>> = {
  tcx: tcxLinks,
  clsact: clsactFilters,
};

const hooks = ["ingress", "egress"] as const;

/**
 * Makes a device run the pair. What is attached already is replaced by one atomic update, so that no packet meets
 * both programs or none. What is attached in the other way goes, after that.
 *
 * @throws {BpfError} `no-device`, `not-permitted`; `UnsupportedFeatureError`
 */
export async function attachPair(
  context: AttachContext,
  role: DeviceRole,
  ifindex: InterfaceIndex,
  pair: ProgramPair,
): Promise<void> {
  for (const hook of hooks) {
    const program = pair[hook];
    if (program === undefined) continue;
    const place = { role, ifindex, hook };
    await ways[context.kind].attach(context, place, program);
    for (const kind of attachmentKinds)
      if (kind !== context.kind) await ways[kind].detach(context, place);
  }
}

/** Whether both places are noted as attached in the context's way. */
export function isPairAttached(
  { pins, kind }: AttachContext,
  role: DeviceRole,
  ifindex: InterfaceIndex,
): boolean {
  return hooks.every((hook) => existsSync(pins.attachment(kind, { role, ifindex, hook })));
}

/** Takes the pair off the device. Nothing happens where it is not attached, or the device is gone. */
export async function detachPair(
  context: AttachContext,
  role: DeviceRole,
  ifindex: InterfaceIndex,
): Promise<void> {
  for (const hook of hooks)
    for (const kind of attachmentKinds) await ways[kind].detach(context, { role, ifindex, hook });
}

/** Forgets what was attached to devices that are gone; their numbers may come again. */
export async function dropDead(context: Omit<AttachContext, "kind">): Promise<number> {
  let dropped = 0;
  for (const attachment of context.pins.attachments())
    if (await ways[attachment.kind].dropDead(context, attachment)) dropped++;
  return dropped;
}
