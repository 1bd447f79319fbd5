import type { SkbContext, TestRunResult } from "./program-types.ts";
import { arrayOf, u32, u64 } from "./codecs.ts";
import { BpfError } from "./errors.ts";

/** Size of `struct __sk_buff` of linux/bpf.h, and offsets of the fields that a test run may set. */
const size = 192;
const offsets = {
  mark: 8,
  priority: 32,
  ingressIfindex: 36,
  ifindex: 40,
  cb: 48,
  timestamp: 152,
  wireLength: 160,
  gsoSegs: 164,
  gsoSize: 176,
} as const;

const cbLength = 5;
const cb = arrayOf(u32, cbLength);

/** The context as `struct __sk_buff`. */
export function encodeSkbContext(context: SkbContext): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const number = (value: number | undefined, offset: number) =>
    u32.encode(value ?? 0, view, offset);
  number(context.mark, offsets.mark);
  number(context.priority, offsets.priority);
  number(context.ifindex, offsets.ifindex);
  number(context.ingressIfindex, offsets.ingressIfindex);
  number(context.wireLength, offsets.wireLength);
  number(context.gsoSegs, offsets.gsoSegs);
  number(context.gsoSize, offsets.gsoSize);
  u64.encode(context.timestamp ?? 0n, view, offsets.timestamp);
  cb.encode(fiveNumbers(context.cb ?? []), view, offsets.cb);
  return bytes;
}

function fiveNumbers(values: readonly number[]): readonly number[] {
  if (values.length <= cbLength) {
    return [...values, ...Array.from({ length: cbLength - values.length }, () => 0)];
  }
  throw new BpfError({
    code: "invalid-argument",
    operation: "encode",
    subject: "cb of a packet's context",
    reason: `it has ${String(cbLength)} numbers; ${String(values.length)} were given`,
  });
}

/** What the kernel gave back of a `struct __sk_buff`. */
export function decodeSkbContext(bytes: Uint8Array): TestRunResult["context"] {
  if (bytes.length < size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    mark: u32.decode(view, offsets.mark),
    priority: u32.decode(view, offsets.priority),
    cb: cb.decode(view, offsets.cb),
    timestamp: u64.decode(view, offsets.timestamp),
    wireLength: u32.decode(view, offsets.wireLength),
    gsoSegs: u32.decode(view, offsets.gsoSegs),
    gsoSize: u32.decode(view, offsets.gsoSize),
  };
}
