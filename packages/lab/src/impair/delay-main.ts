// The delay line of a lab as a process of its own, in the network namespace of the lab's switch: holds the frames that
// the programs there send it, and lets them go on.
//
//   delay-main.ts PINS READY
//
// PINS is the folder of the programs' maps; READY is a file that is made once frames are held.
import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { systemClock, toError } from "@heddle/contracts";
import { openRingBuffer } from "libbpf-napi";
import { impairLineMap, impairObject } from "../generated/bpf.ts";
import { DelayLine } from "./delay-line.ts";
import { heldFrame } from "./held-frame.ts";
import { loadImpairPrograms } from "./impair-programs.ts";

const [, , pins = "", ready = ""] = process.argv;
// A frame is not to be late because the machine is busy.
setPriority(constants.priority.PRIORITY_HIGHEST);
const object = await loadImpairPrograms(pins);
const emitter = object.program(impairObject.programs.impairEmit.name);
const onError = (error: unknown): void => void process.stderr.write(`${toError(error).message}\n`);

const line = new DelayLine<{ deadline: number; frame: Uint8Array; cb: readonly number[] }>({
  clock: systemClock,
  async emit({ frame, cb }) {
    const { returnValue } = await emitter.testRun({ data: frame, context: { cb } });
    // The port or what is behind it can be gone, or be full.
    if (returnValue !== 0)
      throw new Error(`a frame for port ${String(cb[0])}: ${String(returnValue)}`);
  },
  onError,
});

/** Milliseconds between the beginnings of CLOCK_MONOTONIC, which the programs read, and of the clock here. */
const origin = Number(process.hrtime.bigint()) / 1e6 - systemClock.monotonic();

openRingBuffer(object.ringBuffer({ ...impairLineMap, event: heldFrame }), {
  onEvents(events) {
    for (const { deadline, place, frame } of events) {
      const cb = [place.ifindex, place.direction];
      line.hold({ deadline: Number(deadline) / 1e6 - origin, frame, cb });
    }
  },
  onError,
  keepAlive: true,
});
writeFileSync(ready, "");
