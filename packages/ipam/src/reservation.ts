import {
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  ipToBigInt,
  prefixAddress,
  prefixFamily,
  prefixSize,
} from "@heddle/contracts";
import { IpamError } from "./ipam-error.ts";

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/** Addresses that are not given to anybody: one, those of a prefix, or a range. */
export type Reservation = IpAddress | IpPrefix | AddressRange;

/** Values of addresses from `first` to `last`, both included. */
export interface ValueRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** A range of addresses of one family, by their values. */
export interface FamilyRange extends ValueRange {
  readonly family: IpFamily;
}

/** @throws {IpamError} `invalid-option` for a range that is turned around or goes across families */
export function reservationRange(reservation: Reservation): FamilyRange {
  if (typeof reservation === "object") return boundsOf(reservation);
  if (isPrefixText(reservation)) return prefixRange(reservation);
  const value = ipToBigInt(reservation);
  return { family: ipFamily(reservation), first: value, last: value };
}

export function prefixRange(prefix: IpPrefix): FamilyRange {
  const first = ipToBigInt(prefixAddress(prefix));
  return { family: prefixFamily(prefix), first, last: first + prefixSize(prefix) - 1n };
}

/** The part of a range that is in the prefix, if any. */
export function overlapRange(range: FamilyRange, prefix: IpPrefix): readonly ValueRange[] {
  const bounds = prefixRange(prefix);
  const first = range.first > bounds.first ? range.first : bounds.first;
  const last = range.last < bounds.last ? range.last : bounds.last;
  return range.family === bounds.family && first <= last ? [{ first, last }] : [];
}

/** The same values in ascending ranges that neither overlap nor touch. */
export function mergeRanges(ranges: readonly ValueRange[]): readonly ValueRange[] {
  const merged: ValueRange[] = [];
  for (const range of ranges.toSorted(
    (a, b) => Number(a.first > b.first) - Number(a.first < b.first),
  )) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return merged;
}

function isPrefixText(text: IpAddress | IpPrefix): text is IpPrefix {
  return text.includes("/");
}

function boundsOf(range: AddressRange): FamilyRange {
  const [first, last] = [ipToBigInt(range.first), ipToBigInt(range.last)];
  const family = ipFamily(range.first);
  if (family !== ipFamily(range.last) || first > last) {
    throw new IpamError({
      code: "invalid-option",
      operation: "reserve",
      subject: `${range.first} to ${range.last}`,
      reason: "the first address is not before the last one of the same family",
    });
  }
  return { family, first, last };
}
