import type { InterfaceIndex } from "@heddle/contracts";
import { type LoadedObject, loadObject } from "libbpf-napi";
import { ndpAddrsMap, ndpCountersMap, ndpDevicesMap, ndpObject } from "./generated/bpf.ts";
import { NdpError } from "./ndp-error.ts";
import { ndpObjectFile } from "./object-file.ts";

/** Sends whole frames, without a socket. */
export interface FrameSender extends AsyncDisposable {
  /**
   * Sends a frame, from its Ethernet header on, out of a device. The first one loads the program for that.
   *
   * @throws {NdpError} `not-sent`, `object-missing`; `BpfError` `no-device`, `not-permitted`
   */
  send(device: InterfaceIndex, frame: Uint8Array): Promise<void>;
}

export interface FrameSenderOptions {
  /** Path of the network namespace that the devices are in. @defaultValue this process's own */
  readonly netns?: string | undefined;
}

/** Makes a sender; nothing is loaded before it is used. Disposing frees the program. */
export function createFrameSender(options: FrameSenderOptions = {}): FrameSender {
  let loading: Promise<LoadedObject> | undefined;
  return {
    async send(device, frame) {
      loading ??= loadSender();
      await sendFrame(await loading, device, frame, options.netns);
    },
    async [Symbol.asyncDispose]() {
      (await loading)?.close();
      loading = undefined;
    },
  };
}

async function loadSender(): Promise<LoadedObject> {
  const unused = [ndpAddrsMap, ndpCountersMap, ndpDevicesMap];
  return await loadObject(ndpObject, ndpObjectFile(), {
    programs: [ndpObject.programs.ndpSend.name],
    maps: Object.fromEntries(unused.map(({ name }) => [name, { create: false }])),
  });
}

/** Runs the program on the frame, as if the device were to send it, and the program sends it. */
export async function sendFrame(
  object: LoadedObject,
  ifindex: InterfaceIndex,
  frame: Uint8Array,
  netns: string | undefined,
): Promise<void> {
  const { returnValue } = await object.program(ndpObject.programs.ndpSend.name).testRun({
    data: frame,
    context: { ifindex },
    ...(netns === undefined ? {} : { netns }),
  });
  if (returnValue === 0) return;
  throw new NdpError({
    code: "not-sent",
    operation: "send a frame out of device",
    subject: String(ifindex),
    reason: `the kernel says ${String(returnValue)}`,
    hint: "the device has to be up",
  });
}
