import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isBpffs } from "libbpf-napi";
import { DatapathError } from "./datapath-error.ts";

/**
 * Moves on when what is pinned can no longer be taken over by the next release in its place. A release
 * with another number starts beside it.
 */
export const schemaVersion = 1;

/** Which devices a pair of programs serves: those of pods, or the node's own. */
export type DeviceRole = "pod" | "node";

/** Where everything lies that outlives the agent: `ROOT/vN/maps/NAME` and `ROOT/vN/links/ROLE-IFINDEX-HOOK`. */
export interface Pins {
  readonly root: string;
  map(name: string): string;
  link(role: DeviceRole, ifindex: number, hook: "ingress" | "egress"): string;
  /** The names of the maps that are pinned, in no particular order. */
  maps(): readonly string[];
  /** The links that are pinned, in no particular order. */
  links(): readonly PinnedLink[];
}

export interface PinnedLink {
  readonly path: string;
  readonly role: DeviceRole;
  readonly ifindex: number;
}

/** The places below `root`, for whoever looks at them; nothing is made. */
export function pinsAt(root: string): Pins {
  const { maps, links } = foldersAt(root);
  return {
    root,
    map: (name) => join(maps, name),
    link: (role, ifindex, hook) => join(links, `${role}-${String(ifindex)}-${hook}`),
    maps: () => namesIn(maps),
    links: () => namesIn(links).flatMap((name) => parseLink(links, name)),
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
  const { maps, links } = foldersAt(root);
  mkdirSync(maps, { recursive: true });
  mkdirSync(links, { recursive: true });
  return pinsAt(root);
}

/**
 * Whether the content of a map may be lost: a cache, counts, events. One of another layout is replaced;
 * programs that are still attached keep the old one until they are replaced themselves.
 */
export function isExpendable(map: string): boolean {
  return expendable.has(map);
}

const expendable = new Set([
  "flows",
  "counters",
  "drop_events",
  "flow_events",
  "event_switch",
  "event_budgets",
  "node_addrs",
]);

function foldersAt(root: string): { readonly maps: string; readonly links: string } {
  const base = join(root, `v${String(schemaVersion)}`);
  return { maps: join(base, "maps"), links: join(base, "links") };
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function parseLink(folder: string, name: string): PinnedLink[] {
  const [role, ifindex] = name.split("-");
  if (role !== "pod" && role !== "node") return [];
  return [{ path: join(folder, name), role, ifindex: Number(ifindex) }];
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
