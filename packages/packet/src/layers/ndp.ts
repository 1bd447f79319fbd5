import type { BuildContext, Draft, ParseContext, ParseResult } from "../layer.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import { flag, ipv6Field, named, uint } from "../wire/field.ts";
import { type Layout, layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { splitOptions } from "../wire/options.ts";
import { readWhole } from "./icmp-message.ts";
import type {
  Ndp,
  NdpRedirect,
  NeighborAdvertisement,
  NeighborSolicitation,
  RouterAdvertisement,
  RouterSolicitation,
} from "./icmpv6-types.ts";
import { unspecifiedIpv6 } from "./ipv6.ts";
import { readNdpOption, sizeOfNdpOption, writeNdpOption } from "./ndp-options.ts";

interface NdpOptions {
  readonly options: Ndp["options"];
  readonly optionTail: Uint8Array;
}

/** The fields of a message after its type, without the options. */
type After<L> = Omit<L, "kind" | "type" | keyof NdpOptions>;

const routerSolicitation = layout<After<RouterSolicitation>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  reserved: uint(32),
});

const routerAdvertisement = layout<After<RouterAdvertisement>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  hopLimit: uint(8),
  managed: flag,
  otherConfiguration: flag,
  homeAgent: flag,
  preference: named(2, nameTable({ medium: 0, high: 1, low: 3 })),
  proxy: flag,
  reserved: uint(2),
  routerLifetime: uint(16),
  reachableTime: uint(32),
  retransmissionTime: uint(32),
});

const neighborSolicitation = layout<After<NeighborSolicitation>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  reserved: uint(32),
  target: ipv6Field,
});

const neighborAdvertisement = layout<After<NeighborAdvertisement>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  router: flag,
  solicited: flag,
  override: flag,
  reserved: uint(29),
  target: ipv6Field,
});

const redirect = layout<After<NdpRedirect>>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  reserved: uint(32),
  target: ipv6Field,
  destination: ipv6Field,
});

const blank = { code: 0, checksum: 0, reserved: 0, target: unspecifiedIpv6 } as const;

/** Parses a neighbor discovery message of the given type. */
export function parseNdp(
  type: Ndp["type"],
  bytes: Uint8Array,
  context: ParseContext,
): ParseResult<Ndp> {
  const kind = "icmpv6";
  switch (type) {
    case "router-solicitation":
      return read(bytes, routerSolicitation, context, (fields) => ({ kind, type, ...fields }));
    case "router-advertisement":
      return read(bytes, routerAdvertisement, context, (fields) => ({ kind, type, ...fields }));
    case "neighbor-solicitation":
      return read(bytes, neighborSolicitation, context, (fields) => ({ kind, type, ...fields }));
    case "neighbor-advertisement":
      return read(bytes, neighborAdvertisement, context, (fields) => ({ kind, type, ...fields }));
    case "redirect":
    default:
      return read(bytes, redirect, context, (fields) => ({ kind, type, ...fields }));
  }
}

/** A neighbor discovery message without its type. */
export function writeNdp(layer: Draft<Ndp>, context: BuildContext): Uint8Array {
  const options = (layer.options ?? []).map((option) => writeNdpOption(option, context));
  return concatBytes(writeFields(layer), ...options, layer.optionTail ?? noBytes);
}

function writeFields(layer: Draft<Ndp>): Uint8Array {
  switch (layer.type) {
    case "router-solicitation":
      return routerSolicitation.write({ ...blank, ...layer });
    case "router-advertisement":
      return routerAdvertisement.write({ ...blankAdvertisement, ...layer });
    case "neighbor-solicitation":
      return neighborSolicitation.write({ ...blank, ...layer });
    case "neighbor-advertisement":
      return neighborAdvertisement.write({
        ...blank,
        router: false,
        solicited: false,
        override: false,
        ...layer,
      });
    case "redirect":
    default:
      return redirect.write({ ...blank, destination: unspecifiedIpv6, ...layer });
  }
}

const blankAdvertisement: After<RouterAdvertisement> = {
  code: 0,
  checksum: 0,
  hopLimit: 0,
  managed: false,
  otherConfiguration: false,
  homeAgent: false,
  preference: "medium",
  proxy: false,
  reserved: 0,
  routerLifetime: 0,
  reachableTime: 0,
  retransmissionTime: 0,
};

function read<T>(
  bytes: Uint8Array,
  of: Layout<T>,
  context: ParseContext,
  layerOf: (fields: T & NdpOptions) => Ndp,
): ParseResult<Ndp> {
  return readWhole(bytes, of, (fields, rest) => {
    const split = splitOptions(rest, sizeOfNdpOption);
    const options = split.options.map((option) => readNdpOption(option, context));
    return layerOf({ ...fields, options, optionTail: split.tail });
  });
}
