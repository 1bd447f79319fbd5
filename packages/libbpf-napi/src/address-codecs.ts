import {
  type IpAddress,
  ipFromMappedBytes,
  ipToMappedBytes,
  type Ipv4Address,
  ipv4ByteLength,
  ipv4FromNumber,
  ipv4ToNumber,
  type Ipv6Address,
  ipv6ByteLength,
  ipv6FromBytes,
  ipv6ToBytes,
  type MacAddress,
  macByteLength,
  macFromBytes,
  macToBytes,
} from "@heddle/contracts";
import type { Codec } from "./codec.ts";

function ofBytes<T>(
  size: number,
  toBytes: (value: T) => Uint8Array,
  fromBytes: (bytes: Uint8Array) => T,
): Codec<T> {
  const at = (view: DataView, offset: number) =>
    new Uint8Array(view.buffer, view.byteOffset + offset, size);
  return {
    size,
    encode: (value, target, offset) => at(target, offset).set(toBytes(value)),
    decode: (source, offset) => fromBytes(at(source, offset)),
  };
}

/** An address of either family as 16 bytes in network order, IPv4 as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2). */
export const mappedIpCodec: Codec<IpAddress> = ofBytes(
  ipv6ByteLength,
  ipToMappedBytes,
  ipFromMappedBytes,
);

/** An IPv4 address as 4 bytes in network order: a `__be32`. */
export const ipv4Codec: Codec<Ipv4Address> = {
  size: ipv4ByteLength,
  encode: (value, target, offset) => target.setUint32(offset, ipv4ToNumber(value)),
  decode: (source, offset) => ipv4FromNumber(source.getUint32(offset)),
};

/** An IPv6 address as 16 bytes in network order: a `struct in6_addr`. */
export const ipv6Codec: Codec<Ipv6Address> = ofBytes(ipv6ByteLength, ipv6ToBytes, ipv6FromBytes);

/** A MAC address as 6 bytes. */
export const macCodec: Codec<MacAddress> = ofBytes(macByteLength, macToBytes, macFromBytes);
