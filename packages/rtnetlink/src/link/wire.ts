import type { InterfaceIndex, MacAddress } from "@heddle/contracts";
import {
  type AttributeNames,
  type AttributesCodec,
  attributes,
  encodeAttribute,
  nestedFlag,
  readAttributes,
  type UnknownAttributes,
} from "../netlink/attributes.ts";
import { type Body, type BodyCodec, bodyCodec } from "../netlink/message.ts";
import {
  deviceIndex,
  mac,
  named,
  opaque,
  type PayloadCodec,
  s32,
  text,
  truth,
  u16,
  u32,
  u8,
} from "../netlink/payload.ts";
import { struct, type Struct } from "../netlink/struct.ts";
import { bridgeCodec, vxlanCodec } from "./kinds.ts";
import {
  type AddressGeneration,
  addressGenerations,
  type OperationalState,
  operationalStates,
} from "./names.ts";
import { countersCodec } from "./statistics.ts";

/** `struct ifinfomsg` of linux/rtnetlink.h. */
export interface LinkHeader {
  readonly family: number;
  /** `ARPHRD_*`. */
  readonly type: number;
  readonly index: number;
  /** `IFF_*`. */
  readonly flags: number;
  /** Which of the flags a request is about. */
  readonly change: number;
}

/** `IFLA_INFO_*`. What `data` is depends on the kind. */
export interface LinkInfo extends UnknownAttributes {
  readonly kind?: string;
  readonly data?: Uint8Array;
}

/** `IFLA_INET6_*`. */
interface Inet6Attributes extends UnknownAttributes {
  readonly addressGeneration?: AddressGeneration;
}

/** `IFLA_AF_SPEC`: attributes by address family. */
interface FamilyAttributes extends UnknownAttributes {
  readonly inet6?: Inet6Attributes;
}

/** `IFLA_*`. */
export interface LinkAttributes extends UnknownAttributes {
  readonly address?: MacAddress;
  readonly broadcast?: MacAddress;
  readonly name?: string;
  readonly mtu?: number;
  readonly link?: InterfaceIndex;
  readonly queueDiscipline?: string;
  /** 0 for none. */
  readonly master?: number;
  readonly queueLength?: number;
  readonly operationalState?: OperationalState;
  readonly info?: LinkInfo;
  readonly alias?: string;
  readonly counters?: readonly bigint[];
  readonly families?: FamilyAttributes;
  readonly group?: number;
  readonly netnsFd?: number;
  readonly promiscuity?: number;
  readonly sendQueues?: number;
  readonly receiveQueues?: number;
  readonly carrier?: boolean;
  readonly carrierChanges?: number;
  readonly linkNetnsId?: number;
  readonly gsoMaxSegments?: number;
  readonly gsoMaxSize?: number;
  readonly minimumMtu?: number;
  readonly maximumMtu?: number;
  readonly alternativeNames?: readonly string[];
  readonly alternativeName?: string;
  readonly permanentAddress?: MacAddress;
  readonly groMaxSize?: number;
  readonly tsoMaxSize?: number;
  readonly tsoMaxSegments?: number;
  readonly gsoIpv4MaxSize?: number;
  readonly groIpv4MaxSize?: number;
}

const infoAttributes: AttributesCodec<LinkInfo> = attributes({
  kind: [1, text],
  data: [2, opaque],
});
const infoDataType = 2;

/** Names what is wrong inside `data` by the kind that stands beside it. */
const info: PayloadCodec<LinkInfo> = {
  encode: (value, path) => infoAttributes.encode(value, path),
  decode: (payload) => infoAttributes.decode(payload),
  nameAt(payload, offset) {
    const { kind = "" } = infoAttributes.decode(payload);
    const data = readAttributes(payload).find(({ type }) => type === infoDataType);
    const inner = data && offset - data.offset - 4;
    if (data === undefined || inner === undefined || inner < 0 || inner >= data.payload.length) {
      return infoAttributes.nameAt(payload, offset);
    }
    return `data.${dataCodecs.get(kind)?.nameAt(data.payload, inner) ?? kind}`;
  },
};

const nameType = 53;

/** `IFLA_PROP_LIST`, which holds names only. */
const names: PayloadCodec<readonly string[]> = {
  encode: (values, path) =>
    Buffer.concat(values.map((value) => encodeAttribute(nameType, text.encode(value, path)))),
  decode(payload) {
    const values = readAttributes(payload).map((raw) =>
      raw.type === nameType ? text.decode(raw.payload) : undefined,
    );
    return values.every((value) => value !== undefined) ? values : undefined;
  },
};

const inet6Attributes: AttributesCodec<Inet6Attributes> = attributes({
  addressGeneration: [8, named(u8, addressGenerations)],
});

const familyAttributes: AttributesCodec<FamilyAttributes> = attributes({
  inet6: [10, inet6Attributes],
});

const linkAttributes: AttributesCodec<LinkAttributes> = attributes({
  address: [1, mac],
  broadcast: [2, mac],
  name: [3, text],
  mtu: [4, u32],
  link: [5, deviceIndex],
  queueDiscipline: [6, text],
  master: [10, u32],
  queueLength: [13, u32],
  operationalState: [16, named(u8, operationalStates)],
  info: [18, info],
  alias: [20, text],
  counters: [23, countersCodec],
  families: [26, familyAttributes],
  group: [27, u32],
  netnsFd: [28, u32],
  promiscuity: [30, u32],
  sendQueues: [31, u32],
  receiveQueues: [32, u32],
  carrier: [33, truth(u8)],
  carrierChanges: [35, u32],
  linkNetnsId: [37, s32],
  gsoMaxSegments: [40, u32],
  gsoMaxSize: [41, u32],
  minimumMtu: [50, u32],
  maximumMtu: [51, u32],
  alternativeNames: [52 | nestedFlag, names],
  alternativeName: [53, text],
  permanentAddress: [54, mac],
  groMaxSize: [58, u32],
  tsoMaxSize: [59, u32],
  tsoMaxSegments: [60, u32],
  gsoIpv4MaxSize: [63, u32],
  groIpv4MaxSize: [64, u32],
});

const linkHeader: Struct<LinkHeader> = struct({
  family: u8,
  type: u16,
  index: s32,
  flags: u32,
  change: u32,
});

export type LinkBody = Body<LinkHeader, LinkAttributes>;

export const linkCodec: BodyCodec<LinkHeader, LinkAttributes> = bodyCodec(
  linkHeader,
  linkAttributes,
);

/** `VETH_INFO_PEER`: the peer's link message. */
interface VethAttributes extends UnknownAttributes {
  readonly peer?: LinkBody;
}

export const vethCodec: AttributesCodec<VethAttributes> = attributes({
  peer: [
    1,
    {
      encode: (value) => linkCodec.encode(value),
      decode: (payload) => linkCodec.decode(payload),
      nameAt: (payload, offset) => linkCodec.nameAt(payload, offset),
    },
  ],
});

const dataCodecs = new Map<string, AttributeNames>([
  ["veth", vethCodec],
  ["bridge", bridgeCodec],
  ["vxlan", vxlanCodec],
]);
