import type { Codec } from "../codec.ts";
import { u32 } from "../codecs.ts";

/** `struct event` of fixtures/buffers.bpf.c. */
export interface NumberedEvent {
  readonly number: number;
  readonly length: number;
}

export const numberedEvent: Codec<NumberedEvent> = {
  size: 8,
  encode({ number, length }, target, offset) {
    u32.encode(number, target, offset);
    u32.encode(length, target, offset + 4);
  },
  decode: (source, offset) => ({
    number: u32.decode(source, offset),
    length: u32.decode(source, offset + 4),
  }),
};

/** The first number of an event of 8 bytes: of fixtures/buffers.bpf.c, or of fixtures/counter.bpf.c. */
export const firstNumber: Codec<number> = { ...u32, size: 8 };
