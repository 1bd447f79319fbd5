import type { Program } from "libbpf-napi";
import type { DeviceHook, PinnedAttachment, Pins } from "./pins.ts";

/** What attaching needs to know. */
interface AttachmentPlaces {
  readonly pins: Pins;
  /** Path of the devices' network namespace; undefined for this process's own. */
  readonly netns: string | undefined;
}

/** One way of tying programs to devices. Each outlives the process, and has its note under the pins. */
export interface AttachmentWay {
  /** Makes the hook run the program, instead of the one that was attached there in this way. */
  attach(places: AttachmentPlaces, place: DeviceHook, program: Program): Promise<void>;
  /** Nothing happens where nothing is attached in this way, or the device is gone. */
  detach(places: AttachmentPlaces, place: DeviceHook): Promise<void>;
  /** Removes the note of what is attached no more, and tells whether it did. */
  dropDead(places: AttachmentPlaces, attachment: PinnedAttachment): Promise<boolean>;
}
