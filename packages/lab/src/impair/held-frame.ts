import { type RecordCodec, u64 } from "libbpf-napi";
import { type ImpairHeld, impairPlaceCodec } from "../generated/bpf.ts";

/** Where the frame begins in a record: `struct impair_held` without it and what follows. */
const header = u64.size + impairPlaceCodec.size;

/** `struct impair_held` as the programs send it, cut off after the frame. */
export const heldFrame: RecordCodec<ImpairHeld> = {
  encodeRecord({ deadline, place, frame }) {
    const bytes = new Uint8Array(header + frame.length);
    const view = new DataView(bytes.buffer);
    u64.encode(deadline, view, 0);
    impairPlaceCodec.encode(place, view, u64.size);
    bytes.set(frame, header);
    return bytes;
  },
  decodeRecord(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return {
      deadline: u64.decode(view, 0),
      place: impairPlaceCodec.decode(view, u64.size),
      frame: bytes.slice(header),
    };
  },
};
