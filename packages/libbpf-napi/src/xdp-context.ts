import { u32 } from "./codecs.ts";
import { BpfError } from "./errors.ts";
import type { XdpContext } from "./program-types.ts";

/** Size of `struct xdp_md` of linux/bpf.h, and offsets of its fields. */
const size = 24;
const offsets = { data: 0, dataEnd: 4, dataMeta: 8, ingressIfindex: 12, rxQueueIndex: 16 } as const;

/** What a driver leaves room for (`xdp_metalen_invalid` of the kernel). */
const maxMetadata = 252;

/** A context with the packet that it describes. */
export interface EncodedXdp {
  readonly context: Uint8Array;
  /** The metadata and the packet. */
  readonly data: Uint8Array;
}

/**
 * The context as `struct xdp_md`: its pointers are offsets into the data, which begins with the metadata.
 *
 * @throws {BpfError} `invalid-argument`
 */
export function encodeXdpContext(xdp: XdpContext, packet: Uint8Array): EncodedXdp {
  const { metadata = new Uint8Array(), ingressIfindex = 0, rxQueueIndex = 0 } = xdp;
  if (metadata.length > maxMetadata || metadata.length % 4 !== 0) throw badMetadata(metadata);
  const data = new Uint8Array([...metadata, ...packet]);
  const context = new Uint8Array(size);
  const view = new DataView(context.buffer);
  u32.encode(metadata.length, view, offsets.data);
  u32.encode(data.length, view, offsets.dataEnd);
  u32.encode(ingressIfindex, view, offsets.ingressIfindex);
  u32.encode(rxQueueIndex, view, offsets.rxQueueIndex);
  return { context, data };
}

/** Where the packet begins in the data that came back, behind the metadata. */
export function packetOffset(context: Uint8Array): number {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  return u32.decode(view, offsets.data) - u32.decode(view, offsets.dataMeta);
}

function badMetadata(metadata: Uint8Array): BpfError {
  return new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: "metadata of an XDP packet",
    reason: `it has ${String(metadata.length)} bytes; a multiple of 4 up to ${String(maxMetadata)} is possible`,
  });
}
