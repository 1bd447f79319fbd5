import { interfaceIndex, type InterfaceIndex, type MacAddress } from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { present } from "../present.ts";
import { bridgeCodec, type BridgeSettings, vxlanCodec, type VxlanSettings } from "./kinds.ts";
import {
  type AddressGeneration,
  type LinkFlag,
  linkFlags,
  type LinkType,
  linkTypes,
  type OperationalState,
} from "./names.ts";
import { type LinkStatistics, statisticsFrom } from "./statistics.ts";
import type { LinkAttributes, LinkBody, LinkInfo } from "./wire.ts";

/** How large the pieces are that a device, or the code before it, cuts and joins. */
export interface OffloadLimits {
  /** Bytes of a packet that is cut into segments late. */
  readonly gsoMaxSize?: number;
  /** Segments that it is cut into. */
  readonly gsoMaxSegments?: number;
  /** Bytes of a packet joined from received ones. */
  readonly groMaxSize?: number;
  /** The first limit for IPv4, since Linux 6.3. */
  readonly gsoIpv4MaxSize?: number;
  /** The third limit for IPv4, since Linux 6.3. */
  readonly groIpv4MaxSize?: number;
}

/** A network device. */
export interface Link extends OffloadLimits {
  readonly index: InterfaceIndex;
  readonly name: string;
  readonly alternativeNames: readonly string[];
  /** `veth`, `bridge`, ...; absent for hardware and loopback. */
  readonly kind?: string;
  readonly type: LinkType;
  /** Whether it is to be used: set by people and programs. */
  readonly up: boolean;
  /** Whether there is somebody at the other end. */
  readonly carrier?: boolean;
  readonly operationalState: OperationalState;
  /** In ascending order of the bits, `up` among them. */
  readonly flags: readonly LinkFlag[];
  /** Bytes of the largest packet, without the link-layer header. */
  readonly mtu: number;
  readonly minimumMtu?: number;
  readonly maximumMtu?: number;
  /** Absent where it is not one of Ethernet. */
  readonly address?: MacAddress;
  readonly broadcast?: MacAddress;
  readonly permanentAddress?: MacAddress;
  /** A text of up to 255 bytes for people and programs. */
  readonly alias?: string;
  /** The bridge or the like that the device is a port of. */
  readonly master?: InterfaceIndex;
  /** The peer of a veth, or the device that carries this one. Its index is one of the namespace `linkNetnsId`, if given. */
  readonly link?: InterfaceIndex;
  /** This namespace's id for the one that `link` is in. */
  readonly linkNetnsId?: number;
  readonly group: number;
  readonly queueDiscipline?: string;
  /** Packets that wait to be sent. */
  readonly queueLength?: number;
  readonly sendQueues?: number;
  readonly receiveQueues?: number;
  readonly tsoMaxSize?: number;
  readonly tsoMaxSegments?: number;
  readonly promiscuity?: number;
  readonly carrierChanges?: number;
  /** How it gets its IPv6 link-local address; absent where the device has no IPv6. */
  readonly addressGeneration?: AddressGeneration;
  readonly statistics?: LinkStatistics;
  /** For the kind `bridge`. */
  readonly bridge?: BridgeSettings;
  /** For the kind `vxlan`. */
  readonly vxlan?: VxlanSettings;
  /** For any other kind: its settings as they are on the wire. */
  readonly kindData?: Uint8Array;
  /** Attributes that this version has no field for. */
  readonly unknown?: UnknownAttributes;
}

/** The link of a message. */
export function linkFromBody({ header, attributes }: LinkBody): Link {
  const { info, families, counters, master, name, mtu, group, ...rest } = attributes;
  return {
    index: interfaceIndex(header.index),
    name: name ?? "",
    alternativeNames: attributes.alternativeNames ?? [],
    ...kindFrom(info ?? {}),
    type: linkTypes.toName(header.type),
    up: (header.flags & upFlag) !== 0,
    flags: linkFlags.toFlags(header.flags),
    operationalState: attributes.operationalState ?? "unknown",
    mtu: mtu ?? 0,
    group: group ?? 0,
    ...detailsFrom(rest),
    ...present({
      master: indexOf(master),
      addressGeneration: families?.inet6?.addressGeneration,
      statistics: counters && statisticsFrom(counters),
    }),
    ...unknownOf(attributes),
  };
}

export const upFlag: number = linkFlags.toBits(["up"]);

function indexOf(number: number | undefined): InterfaceIndex | undefined {
  return number === undefined || number === 0 ? undefined : interfaceIndex(number);
}

/** What is in a link as it is in the message. */
function detailsFrom(attributes: LinkAttributes): Partial<Link> {
  const { carrier, minimumMtu, maximumMtu, address, broadcast, permanentAddress } = attributes;
  const { alias, link, linkNetnsId, queueDiscipline, queueLength, sendQueues } = attributes;
  const { receiveQueues, gsoMaxSize, gsoMaxSegments, groMaxSize, gsoIpv4MaxSize } = attributes;
  const { groIpv4MaxSize, tsoMaxSize, tsoMaxSegments, promiscuity, carrierChanges } = attributes;
  return present({
    carrier,
    minimumMtu,
    maximumMtu,
    address,
    broadcast,
    permanentAddress,
    alias,
    link,
    linkNetnsId,
    queueDiscipline,
    queueLength,
    sendQueues,
    receiveQueues,
    gsoMaxSize,
    gsoMaxSegments,
    groMaxSize,
    gsoIpv4MaxSize,
    groIpv4MaxSize,
    tsoMaxSize,
    tsoMaxSegments,
    promiscuity,
    carrierChanges,
  });
}

function kindFrom({ kind, data }: LinkInfo): Partial<Link> {
  if (kind === undefined) return {};
  if (data === undefined) return { kind };
  if (kind === "bridge") return { kind, bridge: bridgeCodec.decode(data) };
  if (kind === "vxlan") return { kind, vxlan: vxlanCodec.decode(data) };
  return { kind, kindData: data };
}
