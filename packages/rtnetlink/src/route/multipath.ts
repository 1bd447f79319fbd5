import type { AttributesCodec } from "../netlink/attributes.ts";
import {
  deviceIndex,
  littleEndian,
  type PayloadCodec,
  s32,
  u8,
  viewOf,
} from "../netlink/payload.ts";
import { alignUp } from "../netlink/struct.ts";
import type { NextHopAttributes, WireNextHop } from "./wire.ts";

/** Length of `struct rtnexthop`: length u16, flags u8, hops u8, device index s32. */
const headerSize = 8;

interface Segment {
  readonly offset: number;
  readonly hop: Uint8Array;
}

/** `RTA_MULTIPATH`: `struct rtnexthop`s, each followed by attributes. */
export function multipath(
  attributes: AttributesCodec<NextHopAttributes>,
): PayloadCodec<readonly WireNextHop[]> {
  return {
    encode: (hops, path) =>
      Buffer.concat(
        hops.map((hop, index) => encodeHop(attributes, hop, `${path}[${String(index)}]`)),
      ),
    decode: (payload) =>
      split(payload)?.map(({ hop }) => {
        const view = viewOf(hop);
        return {
          flags: view.getUint8(2),
          hops: view.getUint8(3),
          device: deviceIndex.decode(hop.subarray(4, headerSize)),
          attributes: attributes.decode(hop.subarray(headerSize)),
        };
      }),
    nameAt(payload, offset) {
      const segments = split(payload) ?? [];
      const index = segments.findIndex(({ offset: start, hop }) => offset < start + hop.length);
      const segment = segments[index];
      if (segment === undefined) return undefined;
      const inner = segment.hop.subarray(headerSize);
      const name = attributes.nameAt(inner, offset - segment.offset - headerSize);
      return `[${String(index)}]${name === undefined ? "" : `.${name}`}`;
    },
  };
}

function encodeHop(
  attributes: AttributesCodec<NextHopAttributes>,
  hop: WireNextHop,
  path: string,
): Uint8Array {
  const inner = attributes.encode(hop.attributes, path);
  const bytes = new Uint8Array(headerSize + inner.length);
  const view = viewOf(bytes);
  view.setUint16(0, bytes.length, littleEndian);
  u8.write(view, 2, hop.flags, `${path}.flags`);
  u8.write(view, 3, hop.hops, `${path}.hops`);
  s32.write(view, 4, hop.device ?? 0, `${path}.device`);
  bytes.set(inner, headerSize);
  return bytes;
}

/** The hops' bytes; undefined when their lengths contradict the payload's. */
function split(payload: Uint8Array): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  const view = viewOf(payload);
  let offset = 0;
  while (offset < payload.length) {
    if (payload.length - offset < headerSize) return undefined;
    const length = view.getUint16(offset, littleEndian);
    if (length < headerSize || length > payload.length - offset) return undefined;
    segments.push({ offset, hop: payload.subarray(offset, offset + length) });
    offset = alignUp(offset + length, 4);
  }
  return segments;
}
