import type {
  BuildContext,
  Draft,
  LayerCodec,
  LayerFields,
  ParseContext,
  ParseResult,
} from "../layer.ts";
import { ipProtocols } from "../numbers.ts";
import { transportChecksum } from "../pseudo-header.ts";
import { writeUint16 } from "../wire/bytes.ts";
import { uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { enclosingIp } from "./enclosing-ip.ts";
import { nextSelector } from "./ipv6.ts";

/** A UDP header (RFC 768), 8 bytes. */
export interface Udp {
  readonly kind: "udp";
  /** 0 to 65535; 0 means that no answer is expected. Default 0. */
  readonly sourcePort: number;
  /** 0 to 65535. Default 0. */
  readonly destinationPort: number;
  /** Bytes of header and data. Computed when left out; 0 over IPv6 means up to the end (jumbograms, RFC 2675). */
  readonly length: number;
  /** Computed when left out; 0 means that the sender computed none. */
  readonly checksum: number;
}

/** A UDP header to build or to expect. */
export function udp(fields: LayerFields<Udp> = {}): Draft<Udp> {
  return { ...fields, kind: "udp" };
}

const header = layout<Omit<Udp, "kind">>("udp", {
  sourcePort: uint(16),
  destinationPort: uint(16),
  length: uint(16),
  checksum: uint(16),
});

const checksumOffset = 6;

export const udpCodec: LayerCodec<Udp> = {
  kind: "udp",
  follows: [{ space: "ipv4-protocol", value: ipProtocols.numberOf("udp") }, nextSelector("udp")],
  checksum: { algorithm: "internet", covers: "datagram", optional: true },
  parse,
  build,
};

function parse(bytes: Uint8Array, context: ParseContext): ParseResult<Udp> {
  if (bytes.length < header.size) {
    return { outcome: "cut-short", needs: header.size, fallback: "ports" };
  }
  const fields = header.read(bytes);
  const parsed = {
    outcome: "parsed",
    layer: { kind: "udp", ...fields },
    length: header.size,
  } as const;
  const jumbo = fields.length === 0 && enclosingIp(context.enclosing) === "ipv6";
  if (fields.length < header.size && !jumbo) {
    return { ...parsed, problem: `length ${String(fields.length)} is below the header's 8 bytes` };
  }
  return {
    ...parsed,
    bodyLength: jumbo ? undefined : fields.length - header.size,
    next: { space: "udp-port", value: fields.destinationPort },
  };
}

function build(layer: Draft<Udp>, context: BuildContext): Uint8Array {
  const bytes = header.write({
    sourcePort: 0,
    length: header.size + context.body.length,
    checksum: 0,
    ...layer,
    destinationPort: layer.destinationPort ?? context.nextNumber("udp-port") ?? 0,
  });
  if (layer.checksum === undefined) {
    // 0 is kept for "no checksum" (RFC 768); its other form in one's complement is all ones.
    const checksum = transportChecksum("udp", "udp", bytes, context) || 0xffff;
    writeUint16(bytes, checksumOffset, checksum);
  }
  return bytes;
}
