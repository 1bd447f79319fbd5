import { addon } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Explanation, kernelError } from "./errors.ts";
import type { TestRunInput, TestRunResult } from "./program-types.ts";
import { decodeSkbContext, encodeSkbContext } from "./skb-context.ts";
import { encodeXdpContext, packetOffset } from "./xdp-context.ts";

/** Of linux/bpf.h. */
const flags = { onCpu: 1, liveFrames: 2 } as const;

/** Types whose programs work on the context that was given: the kernel gives back no other. */
const inPlace: ReadonlySet<string> = new Set(["syscall", "raw_tracepoint"]);

/** Runs a program without its hook. */
export async function testRun(
  descriptor: Descriptor,
  typeOf: () => string,
  input: TestRunInput,
): Promise<TestRunResult> {
  const attempt = { operation: "test run", subject: descriptor.subject };
  const fd = descriptor.number(attempt.operation);
  const type = typeOf();
  const { repeat = 0, cpu, batchSize = 0, liveFrames = false, netns } = input;
  const { data, context } = encodeTestRun(input);
  const result = await addon().programTestRun(
    fd,
    data,
    context,
    inPlace.has(type),
    repeat,
    (cpu === undefined ? 0 : flags.onCpu) | (liveFrames ? flags.liveFrames : 0),
    cpu ?? 0,
    batchSize,
    netns,
  );
  if (result.error !== 0) throw kernelError(attempt, result.error, explainTestRun(type, input));
  const { returnValue, duration: durationNs } = result;
  return { returnValue, durationNs, ...decode(input, result.data, result.context) };
}

interface Encoded {
  readonly data: Uint8Array | undefined;
  readonly context: Uint8Array | undefined;
}

/** The packet and its context as the kernel takes them. */
export function encodeTestRun({ data, context, xdp }: TestRunInput): Encoded {
  if (xdp !== undefined) return encodeXdpContext(xdp, data ?? new Uint8Array());
  if (context === undefined || context instanceof Uint8Array) return { data, context };
  return { data, context: encodeSkbContext(context) };
}

type Decoded = Pick<TestRunResult, "data" | "context" | "rawContext" | "metadata">;

function decode(input: TestRunInput, data: Uint8Array, context: Uint8Array): Decoded {
  const nothing = { context: undefined, rawContext: undefined, metadata: undefined };
  if (input.xdp !== undefined) {
    const start = context.length === 0 ? 0 : packetOffset(context);
    return { ...nothing, data: data.subarray(start), metadata: data.subarray(0, start) };
  }
  if (input.context instanceof Uint8Array) return { ...nothing, data, rawContext: context };
  return { ...nothing, data, context: decodeSkbContext(context) };
}

/** What the kernel's refusals mean for such a run. */
export function explainTestRun(
  type: string,
  input: TestRunInput,
): Readonly<Record<string, Explanation>> {
  const { data, context, xdp, netns } = input;
  const skb = context instanceof Uint8Array ? undefined : context;
  const device = xdp?.ingressIfindex ?? skb?.ifindex ?? skb?.ingressIfindex;
  const packet = data === undefined ? "no packet" : `a packet of ${String(data.length)} bytes`;
  return {
    EINVAL: {
      code: "invalid-argument",
      reason: `the kernel refused ${packet}, its context or another option for programs of type ${type}`,
      hint:
        "a packet has at least its Ethernet header; XDP takes `xdp` and packets of the stack `context`; " +
        "`syscall` and raw tracepoints take bytes as context, and no packet",
    },
    ENOSPC: {
      code: "invalid-argument",
      reason:
        "what the kernel gives back is longer than the context that was given, or than the packet and 64 KiB",
      hint: "a context of bytes has the size of its struct",
    },
    E2BIG: { code: "invalid-argument", reason: "a batch has 256 frames at most" },
    ENODEV: {
      code: "no-device",
      reason: `there is no device ${String(device)}`,
      hint: "device numbers belong to the network namespace that the test runs in",
    },
    ENXIO: {
      code: "invalid-argument",
      reason: `there is no CPU ${String(input.cpu)}, or it is off`,
    },
    ENOENT: { reason: `there is no network namespace ${String(netns)}` },
    ENOTSUPP: {
      code: "unsupported-feature",
      reason: "programs of this type cannot be run without their hook",
    },
  };
}
