import { littleEndian, text, u32, viewOf } from "./payload.ts";
import { type AttributesCodec, attributes, type UnknownAttributes } from "./attributes.ts";
import { controlType, type Message, messageFlag, messageHeaderSize } from "./message.ts";
import { alignUp } from "./struct.ts";

/** `NLMSGERR_ATTR_*` of linux/netlink.h. */
interface AcknowledgementAttributes extends UnknownAttributes {
  readonly text?: string;
  readonly offset?: number;
  /** Since Linux 6.1: the number of an attribute that is missing. */
  readonly missingType?: number;
  /** Since Linux 6.1: where the nest begins in which it is missing. */
  readonly missingNest?: number;
}

const acknowledgementAttributes: AttributesCodec<AcknowledgementAttributes> = attributes({
  text: [1, text],
  offset: [2, u32],
  missingType: [5, u32],
  missingNest: [6, u32],
});

/** How the kernel ended a request. */
export interface Acknowledgement {
  /** 0 is success, otherwise a positive errno. */
  readonly errno: number;
  /** What the kernel says about it; a success can carry a warning. */
  readonly text: string | undefined;
  /** Where in the request, counted from its header, the attribute begins that the kernel objects to. */
  readonly offset: number | undefined;
  /** The number of an attribute that the request should have had. */
  readonly missingType: number | undefined;
}

/** Reads a message of type `NLMSG_ERROR` or `NLMSG_DONE`. */
export function decodeAcknowledgement(message: Message): Acknowledgement {
  const { payload } = message;
  const number = payload.length < 4 ? 0 : viewOf(payload).getInt32(0, littleEndian);
  const start = attributesStart(message);
  const tail = start === undefined ? new Uint8Array() : payload.subarray(start);
  const values = acknowledgementAttributes.decode(tail);
  return {
    errno: Math.abs(number),
    text: values.text,
    offset: values.offset,
    missingType: values.missingNest === undefined ? values.missingType : undefined,
  };
}

/** An error quotes the request's header, and the whole request unless it was capped; the end of a dump quotes nothing. */
function attributesStart({ type, flags, payload }: Message): number | undefined {
  if ((flags & messageFlag.hasAttributes) === 0) return undefined;
  if (type === controlType.done) return 4;
  if (payload.length < 4 + messageHeaderSize) return undefined;
  const quoted = viewOf(payload).getUint32(4, littleEndian);
  return 4 + ((flags & messageFlag.capped) === 0 ? alignUp(quoted, 4) : messageHeaderSize);
}
