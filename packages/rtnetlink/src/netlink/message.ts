import { RtnetlinkError } from "../rtnetlink-error.ts";
import type { AttributeNames, AttributesCodec } from "./attributes.ts";
import { littleEndian, viewOf } from "./payload.ts";
import { alignUp, type Struct } from "./struct.ts";

/** Length of `struct nlmsghdr`. */
export const messageHeaderSize = 16;
const alignment = 4;

/** Message types below those of any protocol, `NLMSG_*` of linux/netlink.h. */
export const controlType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

/** `NLM_F_*` of linux/netlink.h. */
export const messageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  dumpInterrupted: 0x10,
  /** For requests that get: the whole collection. */
  dump: 0x300,
  /** For requests that make something. */
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** In an acknowledgement: the request was not quoted whole. */
  capped: 0x100,
  /** In an acknowledgement: attributes follow. */
  hasAttributes: 0x200,
} as const;

/** One netlink message. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export function encodeMessage(message: Message): Uint8Array {
  const length = messageHeaderSize + message.payload.length;
  const bytes = new Uint8Array(alignUp(length, alignment));
  const view = viewOf(bytes);
  view.setUint32(0, length, littleEndian);
  view.setUint16(4, message.type, littleEndian);
  view.setUint16(6, message.flags, littleEndian);
  view.setUint32(8, message.sequence, littleEndian);
  bytes.set(message.payload, messageHeaderSize);
  return bytes;
}

/**
 * The messages of a datagram.
 *
 * @throws {RtnetlinkError} `malformed`
 */
export function decodeMessages(datagram: Uint8Array): readonly Message[] {
  const messages: Message[] = [];
  const view = viewOf(datagram);
  let offset = 0;
  while (offset < datagram.length) {
    const rest = datagram.length - offset;
    if (rest < messageHeaderSize) throw malformed(offset, `${String(rest)} bytes hold no header`);
    const length = view.getUint32(offset, littleEndian);
    if (length < messageHeaderSize || length > rest) {
      throw malformed(offset, `its length is ${String(length)} with ${String(rest)} bytes left`);
    }
    messages.push({
      type: view.getUint16(offset + 4, littleEndian),
      flags: view.getUint16(offset + 6, littleEndian),
      sequence: view.getUint32(offset + 8, littleEndian),
      payload: datagram.subarray(offset + messageHeaderSize, offset + length),
    });
    offset += alignUp(length, alignment);
  }
  return messages;
}

function malformed(offset: number, reason: string): RtnetlinkError {
  return new RtnetlinkError({
    code: "malformed",
    operation: "read netlink message",
    subject: `at byte ${String(offset)}`,
    reason,
  });
}

/** A fixed header and the attributes after it: the content of every rtnetlink message. */
export interface Body<H, A> {
  readonly header: H;
  readonly attributes: A;
}

/** How the payload of a family of messages is written and read. */
export interface BodyCodec<H, A> extends AttributeNames {
  encode(body: Body<H, A>): Uint8Array;
  /** @throws {RtnetlinkError} `malformed` */
  decode(payload: Uint8Array): Body<H, A>;
}

export function bodyCodec<H extends object, A extends object>(
  header: Struct<H>,
  attributes: AttributesCodec<A>,
): BodyCodec<H, A> {
  const start = alignUp(header.size, alignment);
  return {
    encode(body) {
      const fixed = header.encode(body.header, "header");
      return Buffer.concat([
        fixed,
        new Uint8Array(start - header.size),
        attributes.encode(body.attributes, ""),
      ]);
    },
    decode(payload) {
      const fixed = header.decode(payload.subarray(0, header.size));
      if (fixed === undefined) {
        throw malformed(
          0,
          `${String(payload.length)} bytes hold no header of ${String(header.size)}`,
        );
      }
      return { header: fixed, attributes: attributes.decode(payload.subarray(start)) };
    },
    nameAt: (payload, offset) =>
      offset < start ? undefined : attributes.nameAt(payload.subarray(start), offset - start),
    nameOf: (type) => attributes.nameOf(type),
  };
}
