import type { InterfaceIndex, MacAddress } from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import type { NetnsHandle } from "../netns.ts";
import { present } from "../present.ts";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import { bridgeCodec, type BridgeSettings, vxlanCodec, type VxlanSettings } from "./kinds.ts";
import { type OffloadLimits, upFlag } from "./link.ts";
import type { AddressGeneration } from "./names.ts";
import { type LinkAttributes, type LinkBody, type LinkHeader, vethCodec } from "./wire.ts";

/** What the kernel takes when it makes a device, and for a device that it has. */
interface CommonSettings extends OffloadLimits {
  readonly address?: MacAddress;
  readonly broadcast?: MacAddress;
  /** Bytes. */
  readonly mtu?: number;
  readonly group?: number;
  /** Packets. */
  readonly queueLength?: number;
  /** Further attributes as they are on the wire. */
  readonly unknown?: UnknownAttributes;
}

/** What of a link can be changed. What is not given stays. */
export interface LinkChanges extends CommonSettings {
  readonly name?: string;
  readonly up?: boolean;
  /** A text of up to 255 bytes; empty removes it. */
  readonly alias?: string;
  /** The bridge or the like to join; null leaves the one it is in. */
  readonly master?: InterfaceIndex | null;
  /** Set before the device is set up, where both are given, so that it has an effect on the address made then. */
  readonly addressGeneration?: AddressGeneration;
  /** The namespace to move it to, where it may get another index. The handle must be open until the call resolves. */
  readonly netns?: NetnsHandle;
}

/** A device to be made. */
export interface LinkSpec extends Omit<LinkChanges, "netns"> {
  /** 1 to 15 bytes without `/`, `:` and white space. */
  readonly name: string;
  /** `veth`, `bridge`, `dummy`, `ifb`, `vxlan`, or any other that the kernel knows. */
  readonly kind: string;
  readonly sendQueues?: number;
  readonly receiveQueues?: number;
  /** For the kind `veth`: the other end. */
  readonly peer?: PeerSpec;
  /** For the kind `bridge`. */
  readonly bridge?: BridgeSettings;
  /** For the kind `vxlan`. */
  readonly vxlan?: VxlanSettings;
  /** For any other kind: its settings as they are on the wire. */
  readonly kindData?: Uint8Array;
}

/**
 * The other end of a veth pair, made in the same request. The kernel makes a peer down, without alias and
 * master, and gives these fields no effect; set them in the peer's namespace afterwards.
 */
export interface PeerSpec extends CommonSettings {
  readonly name: string;
  /**
   * Where the peer is made, so that it never is anywhere else. The handle must be open until the call resolves.
   *
   * @defaultValue the namespace of the pair
   */
  readonly netns?: NetnsHandle;
  readonly sendQueues?: number;
  readonly receiveQueues?: number;
}

/** By index, or by name or alternative name. */
export type LinkSelector = InterfaceIndex | string;

/** An interface's name, its NUL included (`IFNAMSIZ`). */
const nameSize = 16;

/** A header about no flag. */
const anyLink: LinkHeader = { family: 0, type: 0, index: 0, flags: 0, change: 0 };

export function selectLink(selector: LinkSelector): LinkBody {
  if (typeof selector === "number")
    return { header: { ...anyLink, index: selector }, attributes: {} };
  const isAlternative = Buffer.byteLength(selector) >= nameSize;
  return {
    header: anyLink,
    attributes: isAlternative ? { alternativeName: selector } : { name: selector },
  };
}

/** The link as it stands in error messages. */
export function describeSelector(selector: LinkSelector): string {
  return typeof selector === "number" ? `dev ${String(selector)}` : selector;
}

export function describeLinkSpec({ name, kind, peer }: LinkSpec): string {
  if (peer === undefined) return `${name} (${kind})`;
  const where = peer.netns === undefined ? "" : ` in namespace ${peer.netns.path}`;
  return `${name} (${kind}, peer ${peer.name}${where})`;
}

/** The request that makes the device, with all that the kernel takes in it. */
export function linkSpecToBody(spec: LinkSpec): LinkBody {
  const { name, kind, sendQueues, receiveQueues, up } = spec;
  return {
    header: { ...anyLink, ...upTo(up) },
    attributes: {
      name,
      ...settingsOf(spec),
      ...present({ master: spec.master ?? undefined, sendQueues, receiveQueues }),
      info: { kind, ...present({ data: kindDataOf(spec) }) },
      ...spec.unknown,
    },
  };
}

/** What the kernel ignores in that request. */
export function remainderOf({ alias, addressGeneration }: LinkSpec): LinkChanges {
  return present({ alias, addressGeneration });
}

/**
 * The request, or the two, that make the changes: the kernel sets a device up before it reads the address
 * generation mode.
 */
export function linkChangesToBodies(
  selector: LinkSelector,
  changes: LinkChanges,
): readonly LinkBody[] {
  const { up, ...others } = changes;
  const { header, attributes } = selectLink(selector);
  const isSplit = changes.addressGeneration !== undefined && up === true;
  const first = {
    header: { ...header, ...upTo(isSplit ? undefined : up) },
    attributes: { ...attributes, ...changedAttributes(others) },
  };
  return isSplit ? [first, { header: { ...header, ...upTo(true) }, attributes }] : [first];
}

function changedAttributes(changes: LinkChanges): LinkAttributes {
  const { name, alias, master, addressGeneration, netns } = changes;
  return {
    ...settingsOf(changes),
    ...present({ name, alias, master: master === null ? 0 : master, netnsFd: netns?.fd }),
    ...(addressGeneration === undefined ? {} : { families: { inet6: { addressGeneration } } }),
    ...changes.unknown,
  };
}

function upTo(up: boolean | undefined): Partial<LinkHeader> {
  return up === undefined ? {} : { flags: up ? upFlag : 0, change: upFlag };
}

function settingsOf(settings: CommonSettings): LinkAttributes {
  const { address, broadcast, mtu, group, queueLength } = settings;
  const { gsoMaxSize, gsoMaxSegments, groMaxSize, gsoIpv4MaxSize, groIpv4MaxSize } = settings;
  return present({
    address,
    broadcast,
    mtu,
    group,
    queueLength,
    gsoMaxSize,
    gsoMaxSegments,
    groMaxSize,
    gsoIpv4MaxSize,
    groIpv4MaxSize,
  });
}

function kindDataOf(spec: LinkSpec): Uint8Array | undefined {
  const { kind, peer, bridge, vxlan, kindData } = spec;
  requireOwnSettings(spec);
  if (peer !== undefined) return vethCodec.encode({ peer: peerToBody(peer) }, kind);
  if (bridge !== undefined) return bridgeCodec.encode(bridge, kind);
  if (vxlan !== undefined) return vxlanCodec.encode(vxlan, kind);
  return kindData;
}

/** Settings of another kind would be read by the kernel as if they were the kind's own. */
function requireOwnSettings(spec: LinkSpec): void {
  const owners = { peer: "veth", bridge: "bridge", vxlan: "vxlan" } as const;
  for (const field of ["peer", "bridge", "vxlan"] as const) {
    if (spec[field] === undefined || spec.kind === owners[field]) continue;
    throw new RtnetlinkError({
      code: "invalid",
      operation: "encode attribute",
      subject: field,
      reason: `it is a setting of the kind ${owners[field]}`,
      attribute: field,
    });
  }
}

function peerToBody(peer: PeerSpec): LinkBody {
  const { name, netns, sendQueues, receiveQueues } = peer;
  return {
    header: anyLink,
    attributes: {
      name,
      ...settingsOf(peer),
      ...present({ netnsFd: netns?.fd, sendQueues, receiveQueues }),
      ...peer.unknown,
    },
  };
}
