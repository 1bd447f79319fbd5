import { interfaceIndex, type InterfaceIndex, type IpAddress } from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { familyFromNumber, familyOf } from "../netlink/rtm.ts";
import { present } from "../present.ts";
import { type Scope, scopes } from "../scope.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { type AddressFlag, addressFlags, type AddressProtocol } from "./names.ts";
import type { AddressAttributes, AddressBody } from "./wire.ts";

/** What tells an address from the others of its namespace. */
export interface AddressId {
  readonly device: InterfaceIndex;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** The address at the other end of a point-to-point link, which the prefix is then of. */
  readonly peer?: IpAddress;
}

/** Seconds for which the kernel uses an address; `forever` has no end. */
export type Lifetime = number | "forever";

/** An address of a device. */
export interface Address extends AddressId {
  readonly scope: Scope;
  /** In ascending order of the bits. */
  readonly flags: readonly AddressFlag[];
  /** IPv4 only. */
  readonly broadcast?: IpAddress;
  /** IPv4 only: a name that begins with the device's. */
  readonly label?: string;
  /** How long new connections choose the address as their source. */
  readonly preferredLifetime: Lifetime;
  /** How long the address exists. */
  readonly validLifetime: Lifetime;
  /** Since Linux 5.18; 0 is not shown. */
  readonly protocol?: AddressProtocol;
  /** The metric of the route to the prefix, where it is not the kernel's default. */
  readonly routeMetric?: number;
  /** Attributes that this version has no field for; they are written back. */
  readonly unknown?: UnknownAttributes;
}

/** An address to be made: everything but the first three fields has a default. */
export type AddressSpec = AddressId & Partial<Address>;

/** Identifies an address within its namespace, for maps: equal for equal {@link AddressId}s. */
export function addressKey(id: AddressId): string {
  const peer = id.peer === undefined ? "" : ` peer ${id.peer}`;
  return `${String(id.device)} ${id.address}${peer}/${String(id.prefixLength)}`;
}

/** The address as it stands in error messages. */
export function describeAddress(id: AddressId): string {
  const peer = id.peer === undefined ? "" : ` peer ${id.peer}`;
  return `${id.address}${peer}/${String(id.prefixLength)} dev ${String(id.device)}`;
}

const forever = 0xffff_ffff;

/** The address of a message; undefined for another family than IPv4 and IPv6. */
export function addressFromBody({ header, attributes }: AddressBody): Address | undefined {
  const address = attributes.local ?? attributes.address;
  if (familyFromNumber(header.family) === undefined || address === undefined) return undefined;
  const { broadcast, label, cacheInfo, protocol, routePriority } = attributes;
  const peer = attributes.address === address ? undefined : attributes.address;
  return {
    device: interfaceIndex(header.index),
    address,
    prefixLength: header.prefixLength,
    scope: scopes.toName(header.scope),
    flags: addressFlags.toFlags(attributes.flags ?? header.flags),
    preferredLifetime: lifetimeFrom(cacheInfo?.preferred ?? forever),
    validLifetime: lifetimeFrom(cacheInfo?.valid ?? forever),
    ...present({
      peer,
      broadcast,
      label,
      routeMetric: routePriority,
      protocol,
    }),
    ...unknownOf(attributes),
  };
}

export function addressToBody(spec: AddressSpec): AddressBody {
  const flags = addressFlags.toBits(spec.flags ?? []);
  return {
    header: {
      family: familyOf(spec.address),
      prefixLength: spec.prefixLength,
      flags: flags & 0xff,
      scope: scopes.toNumber(spec.scope ?? "global"),
      index: spec.device,
    },
    attributes: attributesOf(spec, flags),
  };
}

function attributesOf(spec: AddressSpec, flags: number): AddressAttributes {
  const { address, peer, broadcast, label, protocol, routeMetric } = spec;
  const preferred = lifetimeTo(spec.preferredLifetime);
  const valid = lifetimeTo(spec.validLifetime);
  const limited = preferred !== forever || valid !== forever;
  return {
    address: peer ?? address,
    local: address,
    ...present({
      broadcast,
      label,
      flags: flags > 0xff ? flags : undefined,
      protocol,
      routePriority: routeMetric,
      cacheInfo: limited ? { preferred, valid, created: 0, updated: 0 } : undefined,
    }),
    ...spec.unknown,
  };
}

function lifetimeFrom(seconds: number): Lifetime {
  return seconds === forever ? "forever" : seconds;
}

function lifetimeTo(lifetime: Lifetime = "forever"): number {
  return lifetime === "forever" ? forever : lifetime;
}
