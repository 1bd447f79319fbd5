import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type InterfaceIndex, interfaceIndex } from "@heddle/contracts";
import {
  type Attachment,
  BpfError,
  type ClsactInfo,
  type ClsactPlace,
  isBpffs,
  openClsact,
  type TcxHook,
} from "libbpf-napi";
import { DatapathError } from "./datapath-error.ts";

/**
 * Moves on when what is pinned can no longer be taken over by the next release in its place. A release
 * with another number starts beside it.
 */
export const schemaVersion = 1;

/** Which devices programs serve: those of pods, the node's own, or either end of the one that leads into tunnels. */
export type DeviceRole = (typeof deviceRoles)[number];

const deviceRoles = ["pod", "node", "tunnel", "tunnel-far"] as const;

/**
 * What ties a program to a device: a pinned tcx link (Linux 6.6), or a filter of traffic control, which the
 * device itself holds.
 */
export type AttachmentKind = "tcx" | "clsact";

export const attachmentKinds: readonly AttachmentKind[] = ["tcx", "clsact"];

/**
 * Where everything lies that outlives the agent: `ROOT/vN/maps/NAME`, `ROOT/vN/links/ROLE-IFINDEX-HOOK`, and a
 * folder `ROOT/vN/filters/ROLE-IFINDEX-HOOK` as a note of each filter.
 */
export interface Pins {
  readonly root: string;
  map(name: string): string;
  attachment(kind: AttachmentKind, place: DeviceHook): string;
  /** The names of the maps that are pinned, in no particular order. */
  maps(): readonly string[];
  /** What is attached, in no particular order. */
  attachments(): readonly PinnedAttachment[];
}

/** A place for a program. */
export interface DeviceHook {
  readonly role: DeviceRole;
  readonly ifindex: InterfaceIndex;
  readonly hook: TcxHook;
}

export interface PinnedAttachment extends DeviceHook {
  readonly kind: AttachmentKind;
  readonly path: string;
}

/** The places below `root`, for whoever looks at them; nothing is made. */
export function pinsAt(root: string): Pins {
  const folders = foldersAt(root);
  return {
    root,
    map: (name) => join(folders.maps, name),
    attachment: (kind, { role, ifindex, hook }) =>
      join(folders[kind], `${role}-${String(ifindex)}-${hook}`),
    maps: () => namesIn(folders.maps),
    attachments: () =>
      attachmentKinds.flatMap((kind) =>
        namesIn(folders[kind]).flatMap((name) => parseAttachment(kind, folders[kind], name)),
      ),
  };
}

/**
 * Makes the folders, and checks that they are where pins can be.
 *
 * @throws {DatapathError} `bpffs-missing`
 */
export function createPins(root: string): Pins {
  const mount = nearestExisting(root);
  if (!isBpffs(mount)) {
    throw new DatapathError({
      code: "bpffs-missing",
      operation: "keep programs and maps in",
      subject: root,
      reason: `${mount} is not a BPF file system`,
      hint: "mount one: mount -t bpf bpf /sys/fs/bpf",
    });
  }
  for (const folder of Object.values(foldersAt(root))) mkdirSync(folder, { recursive: true });
  return pinsAt(root);
}

/**
 * Where our filters are among those of a device's hook. They come first; by the handle ("hd") nobody else's is taken
 * for ours.
 */
const filterPriority = 1;
const filterHandle = 0x6864;

/** Where the filter of a device's hook is. Without a network namespace it is this process's own. */
export function filterPlace({ ifindex, hook }: DeviceHook, netns?: string): ClsactPlace {
  const place = { ifindex, hook, priority: filterPriority, handle: filterHandle };
  return netns === undefined ? place : { ...place, netns };
}

/**
 * Does something with our filter at a device's hook; gives undefined when the filter or the device is gone.
 *
 * @throws {BpfError} what `use` throws, or `not-permitted`
 */
export async function useOwnFilter<T>(
  place: DeviceHook,
  netns: string | undefined,
  use: (filter: Attachment<Promise<ClsactInfo>>) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await use(await openClsact(filterPlace(place, netns)));
  } catch (error) {
    const gone =
      error instanceof BpfError && (error.code === "target-gone" || error.code === "no-device");
    if (gone) return undefined;
    throw error;
  }
}

/**
 * Whether the content of a map may be lost: a cache, counts, events. One of another layout is replaced;
 * programs that are still attached keep the old one until they are replaced themselves.
 */
export function isExpendable(map: string): boolean {
  return expendable.has(map);
}

const expendable = new Set([
  "connections",
  "conn_gauges",
  "conn_closing",
  "conn_half_open",
  "hot_connections",
  "conn_counters",
  "conn_drafts",
  "conn_events",
  "conn_scratch",
  "conn_settings",
  "fragments",
  "counters",
  "drop_events",
  "flow_events",
  "event_switch",
  "event_budgets",
  "nat_devices",
  "nat_ports",
  "nat_prefixes",
  "nat_settings",
  "nat_warnings",
  "node_addrs",
  "ndp_devices",
  "tunnel_self",
  "tunnels",
  "tunnel_nodes",
  "tunnel_peers",
]);

/** Maps that earlier releases pinned and this one has no use for. */
export const retiredMaps: readonly string[] = ["flows", "hot_flows"];

/** The maps that are of no use without this one: what they say is about one another. */
export function companionsOf(map: string): readonly string[] {
  return companions.find((group) => group.includes(map)) ?? [map];
}

const companions: readonly (readonly string[])[] = [
  ["connections", "conn_gauges", "conn_closing", "conn_half_open", "hot_connections", "nat_ports"],
];

function foldersAt(root: string): Readonly<Record<AttachmentKind | "maps", string>> {
  const base = join(root, `v${String(schemaVersion)}`);
  return { maps: join(base, "maps"), tcx: join(base, "links"), clsact: join(base, "filters") };
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function parseAttachment(kind: AttachmentKind, folder: string, name: string): PinnedAttachment[] {
  const [, text, ifindex, hook] = /^(.+)-(\d+)-(ingress|egress)$/.exec(name) ?? [];
  const role = deviceRoles.find((known) => known === text);
  if (role === undefined) return [];
  if (hook !== "ingress" && hook !== "egress") return [];
  return [{ kind, path: join(folder, name), role, ifindex: interfaceIndex(Number(ifindex)), hook }];
}

function nearestExisting(path: string): string {
  for (let folder = path; ; folder = join(folder, "..")) {
    try {
      readdirSync(folder);
      return folder;
    } catch {
      if (folder === "/") return folder;
    }
  }
}
