import {
  type BuildContext,
  concatBytes,
  counted,
  createProtocols,
  type Draft,
  type EtherType,
  etherTypes,
  experimentalEtherType,
  flag,
  type Layer,
  type LayerCodec,
  type LayerFields,
  layout,
  named,
  type ParseContext,
  type ParseResult,
  type Protocols,
  splitOptions,
  standardCodecs,
  uint,
} from "@heddle/packet";
import {
  type GeneveOption,
  isCriticalOption,
  readGeneveOption,
  sizeOfGeneveOption,
  writeGeneveOption,
} from "./geneve-options.ts";

/** A Geneve header (RFC 8926 section 3.4), 8 to 260 bytes. */
export interface Geneve {
  readonly kind: "geneve";
  /** Bytes of options, 0 to 252, a multiple of 4. Computed when left out. */
  readonly optionsLength: number;
  /** The O bit: a message between the tunnel's ends, which is not forwarded. Default false. */
  readonly control: boolean;
  /** The C bit: an option is critical. Computed when left out. */
  readonly critical: boolean;
  /** 6 bits, which receivers ignore. Default 0. */
  readonly reserved: number;
  /** What follows; the layer that follows says it when left out. */
  readonly protocol: EtherType;
  /** Virtual network identifier, 24 bits. Between nodes the identity of the sender. Default 0. */
  readonly vni: number;
  /** 8 bits, which receivers ignore. Default 0. */
  readonly reservedEnd: number;
  /** Default none. */
  readonly options: readonly GeneveOption[];
  /** Bytes at the end of the options that are no whole option, which makes the packet invalid. Default none. */
  readonly optionTail: Uint8Array;
}

/** A Geneve header to build or to expect. */
export function geneve(fields: LayerFields<Geneve> = {}): Draft<Geneve> {
  return { ...fields, kind: "geneve" };
}

/** The UDP port that IANA assigned to Geneve. */
export const genevePort = 6081;

const version = 0;

interface Header extends Omit<Geneve, "kind" | "options" | "optionTail"> {
  readonly version: number;
}

const header = layout<Header>("geneve", {
  version: uint(2),
  optionsLength: counted(6, 4),
  control: flag,
  critical: flag,
  reserved: uint(6),
  protocol: named(16, etherTypes),
  vni: uint(24),
  reservedEnd: uint(8),
});

/** Bytes of a Geneve header without options. */
export const geneveHeaderLength: number = header.size;

/** Geneve on UDP port 6081. For another port: `{ ...geneveCodec, follows: [{ space: "udp-port", value }] }`. */
export const geneveCodec: LayerCodec<Geneve> = {
  kind: "geneve",
  follows: [{ space: "udp-port", value: genevePort }],
  parse,
  build,
  describe,
};

/** The layers of packets that may be tunnelled. */
export type TunnelLayer = Layer | Geneve;

/** The standard protocols and Geneve. */
export const geneveProtocols: Protocols<TunnelLayer> = createProtocols<TunnelLayer>([
  ...standardCodecs,
  geneveCodec,
]);

function parse(bytes: Uint8Array, { truncated }: ParseContext): ParseResult<Geneve> {
  if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
  const { version: found, ...fields } = header.read(bytes);
  if (found !== version) {
    return { outcome: "malformed", reason: `version ${String(found)} instead of 0` };
  }
  const length = header.size + fields.optionsLength;
  // A capture that ends among the options still has the VNI.
  if (bytes.length < length && !truncated) return { outcome: "cut-short", needs: length };
  const split = splitOptions(bytes.subarray(header.size, length), sizeOfGeneveOption);
  const options = split.options.map(readGeneveOption);
  const layer: Geneve = { kind: "geneve", ...fields, options, optionTail: split.tail };
  return {
    outcome: "parsed",
    layer,
    length: Math.min(length, bytes.length),
    next: { space: "ether-type", value: etherTypes.numberOf(fields.protocol) },
    problem: bytes.length < length ? undefined : problemOf(layer),
  };
}

/** What makes a header invalid (RFC 8926 sections 3.4 and 3.5), with the numbers. */
export function problemOf({ critical, options, optionTail }: Geneve): string | undefined {
  if (optionTail.length > 0) {
    const [size, there] = [sizeOfGeneveOption(optionTail), optionTail.length];
    return `the last option has ${String(size)} bytes, ${String(there)} of the options are left`;
  }
  if (critical === options.some(isCriticalOption)) return undefined;
  return critical
    ? "the header says that an option is critical, and none is"
    : "an option is critical, and the header says that none is";
}

function build(layer: Draft<Geneve>, context: BuildContext): Uint8Array {
  const options = layer.options ?? [];
  const rest = concatBytes(...options.map(writeGeneveOption), layer.optionTail ?? new Uint8Array());
  const fixed = header.write({
    optionsLength: rest.length,
    control: false,
    critical: options.some(isCriticalOption),
    reserved: 0,
    vni: 0,
    reservedEnd: 0,
    ...layer,
    protocol: layer.protocol ?? context.nextNumber("ether-type") ?? experimentalEtherType,
    version,
  });
  return concatBytes(fixed, rest);
}

function describe({ vni, control, options }: Geneve): string {
  const notes = [...(control ? ["control"] : []), ...options.map(describeOption)];
  return [`Geneve VNI ${String(vni)}`, ...notes].join(", ");
}

function describeOption(option: GeneveOption): string {
  switch (option.type) {
    case "cluster-id":
      return `cluster ${String(option.clusterId)}`;
    case "dsr-ipv4":
      return `service ${option.address}:${String(option.port)}`;
    case "dsr-ipv6":
      return `service [${option.address}]:${String(option.port)}`;
    default:
      return `option ${hex(option.class, 4)}:${hex(option.type, 2)}`;
  }
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
