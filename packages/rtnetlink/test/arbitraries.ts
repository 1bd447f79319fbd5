import * as fc from "fast-check";
import {
  interfaceIndex,
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  ipFromBytes,
  type IpPrefix,
  type MacAddress,
  macFromBytes,
  prefixOf,
} from "@heddle/contracts";

export const families: fc.Arbitrary<IpFamily> = fc.constantFrom(4, 6);

export function ips(family: IpFamily): fc.Arbitrary<IpAddress> {
  const length = family === 4 ? 4 : 16;
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ipFromBytes(bytes));
}

export function prefixes(family: IpFamily): fc.Arbitrary<IpPrefix> {
  return fc
    .tuple(ips(family), fc.nat(family === 4 ? 32 : 128))
    .map(([address, length]) => prefixOf(address, length));
}

export const macs: fc.Arbitrary<MacAddress> = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => macFromBytes(bytes));

export const devices: fc.Arbitrary<InterfaceIndex> = fc
  .integer({ min: 1, max: 0x7fff_ffff })
  .map(interfaceIndex);

export const u8s: fc.Arbitrary<number> = fc.nat(0xff);
export const u32s: fc.Arbitrary<number> = fc.nat(0xffff_ffff);

/** Attributes that no table has a name for. */
export const unknowns: fc.Arbitrary<Readonly<Record<`#${string}`, Uint8Array>>> = fc.dictionary(
  fc.integer({ min: 200, max: 300 }).map((type): `#${string}` => `#${String(type)}`),
  fc.uint8Array({ minLength: 1, maxLength: 9 }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);
