import { addon } from "./addon.ts";
import type { Descriptor } from "./descriptor.ts";
import { errnoName } from "./errno.ts";
import { kernelError } from "./errors.ts";
import type { TestRunOutcome, TestRunPacket, TestRunsInput } from "./program-types.ts";
import { encodeTestRun, explainTestRun } from "./test-run.ts";
import { packetOffset } from "./xdp-context.ts";

/** Runs a program on one packet after the other, off the event loop in one piece of work. */
export async function testRuns(
  descriptor: Descriptor,
  typeOf: () => string,
  { packets, netns }: TestRunsInput,
): Promise<readonly TestRunOutcome[]> {
  const attempt = { operation: "test run", subject: descriptor.subject };
  const fd = descriptor.number(attempt.operation);
  const given = layOut(packets);
  const result = await addon().programTestRuns(fd, ...given, netns);
  if (result.error !== 0) {
    throw kernelError(
      attempt,
      result.error,
      explainTestRun(typeOf(), netns === undefined ? {} : { netns }),
    );
  }
  return readOutcomes(packets, result);
}

/** Words of each packet's run: `packetSize, contextSize, returnValue, error`. */
const wordsOfRun = 4;

type LaidOut = readonly [runs: Uint8Array, packets: Uint8Array, contexts: Uint8Array];

function layOut(packets: readonly TestRunPacket[]): LaidOut {
  const encoded = packets.map((packet) => encodeTestRun(packet));
  const words = new Uint32Array(packets.length * wordsOfRun);
  for (const [index, { data, context }] of encoded.entries()) {
    words.set([data?.length ?? 0, context?.length ?? 0], index * wordsOfRun);
  }
  return [
    new Uint8Array(words.buffer),
    concat(encoded.map(({ data }) => data)),
    concat(encoded.map(({ context }) => context)),
  ];
}

function concat(parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let end = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    all.set(part, end);
    end += part.length;
  }
  return all;
}

interface Result {
  readonly runs: Uint32Array;
  readonly packets: Uint8Array;
  readonly contexts: Uint8Array;
}

function readOutcomes(packets: readonly TestRunPacket[], result: Result): TestRunOutcome[] {
  let packetEnd = 0;
  let contextEnd = 0;
  return packets.map((packet, index): TestRunOutcome => {
    const words = result.runs.subarray(index * wordsOfRun, (index + 1) * wordsOfRun);
    const [packetSize = 0, contextSize = 0, returned = 0, error = 0] = words;
    const data = result.packets.subarray(packetEnd, (packetEnd += packetSize));
    const context = result.contexts.subarray(contextEnd, (contextEnd += contextSize));
    if (error !== 0) return { refused: errnoName(error) };
    const start = packet.xdp === undefined || contextSize === 0 ? 0 : packetOffset(context);
    return { refused: undefined, returnValue: returned | 0, data: data.subarray(start) };
  });
}
