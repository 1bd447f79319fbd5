import { addon, type NativeProgramInfo } from "./addon.ts";
import { Descriptor } from "./descriptor.ts";
import { deviceOf } from "./device-choice.ts";
import { type Attempt, kernelError } from "./errors.ts";
import { DescriptorHandle } from "./handle.ts";
import { programTypeName } from "./kernel-names.ts";
import { openPin } from "./pin.ts";
import type {
  Program,
  ProgramInfo,
  TestRunInput,
  TestRunOutcome,
  TestRunResult,
  TestRunsInput,
} from "./program-types.ts";
import { testRun } from "./test-run.ts";
import { testRuns } from "./test-runs.ts";

/**
 * Opens a pinned program.
 *
 * @throws {BpfError} `pin-missing`, `incompatible-pin` when another kind of thing is pinned there
 */
export function openPinnedProgram(path: string): Program {
  const descriptor = new Descriptor(openPin(path, "program"), `program pinned at ${path}`);
  try {
    return createProgram(descriptor, readInfo(descriptor).name);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * Opens a program by its id, which a link, a map of programs or bpftool tells.
 *
 * @throws {BpfError} `no-such-program`, `not-permitted`
 */
export function openProgramById(id: number): Program {
  const attempt: Attempt = { operation: "open program", subject: `of id ${String(id)}` };
  const fd = addon().programById(id);
  if (fd < 0) {
    throw kernelError(attempt, -fd, {
      ENOENT: { code: "no-such-program", reason: "no program has it, or has it any more" },
    });
  }
  const descriptor = new Descriptor(fd, `program of id ${String(id)}`);
  try {
    return createProgram(descriptor, readInfo(descriptor).name);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The handle of a program. Takes the descriptor over. */
export function createProgram(descriptor: Descriptor, name: string): Program {
  return new KernelProgram(descriptor, name);
}

class KernelProgram extends DescriptorHandle implements Program {
  readonly name: string;
  readonly #descriptor: Descriptor;
  #type: string | undefined;

  constructor(descriptor: Descriptor, name: string) {
    super(descriptor);
    this.#descriptor = descriptor;
    this.name = name;
  }

  info(): ProgramInfo {
    const info = readInfo(this.#descriptor);
    return {
      id: info.id,
      name: info.name,
      type: programTypeName(info.type),
      tag: info.tag,
      loadTime: info.loadTime,
      runCount: info.runCount,
      runTime: info.runTime,
      recursionMisses: info.recursionMisses,
      translatedSize: info.translatedSize,
      jitedSize: info.jitedSize,
      verifiedInstructions: info.verifiedInstructions,
      mapIds: [...info.mapIds],
      btfId: info.btfId === 0 ? undefined : info.btfId,
      device: deviceOf(info),
    };
  }

  async testRun(input: TestRunInput): Promise<TestRunResult> {
    return await testRun(this.#descriptor, () => this.#typeName(), input);
  }

  async testRuns(input: TestRunsInput): Promise<readonly TestRunOutcome[]> {
    return await testRuns(this.#descriptor, () => this.#typeName(), input);
  }

  /** It never changes, and costs two system calls. */
  #typeName(): string {
    return (this.#type ??= programTypeName(readInfo(this.#descriptor).type));
  }
}

function readInfo(descriptor: Descriptor): NativeProgramInfo {
  const attempt: Attempt = { operation: "read info of", subject: descriptor.subject };
  const info = addon().programInfo(descriptor.number(attempt.operation));
  if (typeof info === "number") throw kernelError(attempt, -info);
  return info;
}
