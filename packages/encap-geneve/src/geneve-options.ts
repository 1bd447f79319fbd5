import { type Ipv4Address, type Ipv6Address, parseIpv4, parseIpv6 } from "@heddle/contracts";
import {
  concatBytes,
  counted,
  type Draft,
  ipv4Field,
  ipv6Field,
  layout,
  type NameTable,
  nameTable,
  uint,
} from "@heddle/packet";

/** The cluster that the identity in the VNI belongs to. Without this option it is the receiver's own. */
export interface GeneveClusterId {
  readonly type: "cluster-id";
  /** Flags of the option header, 3 bits. Default 0. */
  readonly reserved: number;
  /** 16 bits. Default 0. */
  readonly unused: number;
  /** 1 to 65535; an endpoint drops a packet with 0. Default 0. */
  readonly clusterId: number;
}

/**
 * The IPv4 service that the client spoke to, for a backend that answers the client directly. The inner packet's
 * destination is the backend.
 */
export interface GeneveDsrIpv4 {
  readonly type: "dsr-ipv4";
  /** Flags of the option header, 3 bits. Default 0. */
  readonly reserved: number;
  /** Default `0.0.0.0`. */
  readonly address: Ipv4Address;
  /** 0 to 65535. Default 0. */
  readonly port: number;
  /** 16 bits. Default 0. */
  readonly unused: number;
}

/** The same for an IPv6 service. */
export interface GeneveDsrIpv6 {
  readonly type: "dsr-ipv6";
  /** Flags of the option header, 3 bits. Default 0. */
  readonly reserved: number;
  /** Default `::`. */
  readonly address: Ipv6Address;
  /** 0 to 65535. Default 0. */
  readonly port: number;
  /** 16 bits. Default 0. */
  readonly unused: number;
}

/** An option of another class, of an unknown type, or of a length that its type does not have. */
export interface GeneveUnknownOption {
  /** 8 bits, of which the highest says that the option is critical. */
  readonly type: number;
  /** The name space that the type belongs to, 16 bits. Default 0. */
  readonly class: number;
  /** Flags of the option header, 3 bits. Default 0. */
  readonly reserved: number;
  /** 0 to 124 bytes, a multiple of 4. Default none. */
  readonly data: Uint8Array;
}

/** An option of Heddle's class. */
export type HeddleOption = GeneveClusterId | GeneveDsrIpv4 | GeneveDsrIpv6;

/** One option of a Geneve header (RFC 8926 section 3.5). */
export type GeneveOption = HeddleOption | GeneveUnknownOption;

export type HeddleOptionName = HeddleOption["type"];

/**
 * The class of Heddle's options: one of those for experimental use (0xff00 to 0xffff, RFC 8926 section 7), which
 * nobody is assigned. 0x48 is the letter H.
 */
export const heddleOptionClass = 0xff48;

/**
 * The types in {@link heddleOptionClass}. All are critical (0x80): who ignored one would take the identity for
 * another cluster's, or answer in the name of the wrong address.
 */
export const heddleOptionTypes: NameTable<HeddleOptionName> = nameTable({
  "cluster-id": 0x81,
  "dsr-ipv4": 0x82,
  "dsr-ipv6": 0x83,
});

interface OptionHead {
  readonly class: number;
  readonly type: number;
  readonly reserved: number;
  readonly length: number;
}

type Data<O extends HeddleOption> = Omit<O, "type" | "reserved">;

const where = "geneve.options";
const criticalBit = 0x80;

const head = layout<OptionHead>(where, {
  class: uint(16),
  type: uint(8),
  reserved: uint(3),
  length: counted(5, 4),
});
const clusterId = layout<Data<GeneveClusterId>>(where, { unused: uint(16), clusterId: uint(16) });
const dsrIpv4 = layout<Data<GeneveDsrIpv4>>(where, {
  address: ipv4Field,
  port: uint(16),
  unused: uint(16),
});
const dsrIpv6 = layout<Data<GeneveDsrIpv6>>(where, {
  address: ipv6Field,
  port: uint(16),
  unused: uint(16),
});

/** Bytes of each of Heddle's options, with the option header. */
export const heddleOptionLengths: Readonly<Record<HeddleOptionName, number>> = {
  "cluster-id": head.size + clusterId.size,
  "dsr-ipv4": head.size + dsrIpv4.size,
  "dsr-ipv6": head.size + dsrIpv6.size,
};

/** Whether an endpoint that does not know the option has to drop the packet. */
export function isCriticalOption({ type }: Draft<GeneveOption>): boolean {
  return (heddleOptionTypes.numberOf(type, where) & criticalBit) !== 0;
}

/** The size of the option at the beginning of `rest`, which may be more than is there. */
export function sizeOfGeneveOption(rest: Uint8Array): number {
  return rest.length < head.size ? head.size : head.size + head.read(rest).length;
}

/** Reads one whole option. */
export function readGeneveOption(bytes: Uint8Array): GeneveOption {
  const { class: optionClass, type, reserved } = head.read(bytes);
  const data = bytes.subarray(head.size);
  const name = optionClass === heddleOptionClass ? heddleOptionTypes.nameOf(type) : type;
  if (name === "cluster-id" && data.length === clusterId.size) {
    return { type: name, reserved, ...clusterId.read(data) };
  }
  if (name === "dsr-ipv4" && data.length === dsrIpv4.size) {
    return { type: name, reserved, ...dsrIpv4.read(data) };
  }
  if (name === "dsr-ipv6" && data.length === dsrIpv6.size) {
    return { type: name, reserved, ...dsrIpv6.read(data) };
  }
  return { type, class: optionClass, reserved, data };
}

/** Writes one option. */
export function writeGeneveOption(option: Draft<GeneveOption>): Uint8Array {
  const data = writeData(option);
  return concatBytes(
    head.write({
      class: "class" in option ? (option.class ?? 0) : classOf(option),
      type: heddleOptionTypes.numberOf(option.type, where),
      reserved: option.reserved ?? 0,
      length: data.length,
    }),
    data,
  );
}

function classOf({ type }: Draft<GeneveOption>): number {
  return typeof type === "number" ? 0 : heddleOptionClass;
}

function writeData(option: Draft<GeneveOption>): Uint8Array {
  switch (option.type) {
    case "cluster-id":
      return clusterId.write({ unused: 0, clusterId: 0, ...option });
    case "dsr-ipv4":
      return dsrIpv4.write({ address: noIpv4, port: 0, unused: 0, ...option });
    case "dsr-ipv6":
      return dsrIpv6.write({ address: noIpv6, port: 0, unused: 0, ...option });
    default:
      return option.data ?? new Uint8Array();
  }
}

const noIpv4: Ipv4Address = parseIpv4("0.0.0.0");
const noIpv6: Ipv6Address = parseIpv6("::");
