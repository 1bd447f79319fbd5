import type { InterfaceIndex } from "@heddle/contracts";
import type { Handle } from "./handle.ts";

/** What a test run sets of a packet's context; all else comes from the packet's bytes. */
export interface SkbContext {
  /** @defaultValue 0 */
  readonly mark?: number;
  /** @defaultValue 0 */
  readonly priority?: number;
  /** The device the packet is on. @defaultValue the loopback */
  readonly ifindex?: InterfaceIndex;
  /** The device it came in by. @defaultValue none */
  readonly ingressIfindex?: InterfaceIndex;
  /** `cb[0]` on; up to five 32-bit numbers. @defaultValue zeros */
  readonly cb?: readonly number[];
  /** Nanoseconds. @defaultValue 0 */
  readonly timestamp?: bigint;
  /** Bytes on the wire, which are more than the packet's for a segmented one. @defaultValue its length */
  readonly wireLength?: number;
  /** Payload bytes of each segment (GSO). @defaultValue 0 */
  readonly gsoSize?: number;
  /** How many segments it stands for (GSO). @defaultValue 0 */
  readonly gsoSegs?: number;
}

export interface TestRunInput {
  /** The packet, from its Ethernet header on; at least 14 bytes. */
  readonly data: Uint8Array;
  /** For programs on packets of the stack (`__sk_buff`); XDP takes none. */
  readonly context?: SkbContext;
  /** How often to run it; the packet carries over from run to run. @defaultValue 1 */
  readonly repeat?: number;
  /**
   * Path of the network namespace to run in, which the context's devices belong to.
   *
   * @defaultValue this process's own
   */
  readonly netns?: string;
}

export interface TestRunResult {
  /** What the program returned, signed: `TCX_NEXT` is -1. */
  readonly returnValue: number;
  /** The packet afterwards. */
  readonly data: Uint8Array;
  /** The packet's context afterwards; undefined unless one was given. */
  readonly context: Required<Omit<SkbContext, "ifindex" | "ingressIfindex">> | undefined;
  /** Mean time of one run, in nanoseconds. */
  readonly durationNs: number;
}

/** The device that an XDP program is loaded for. */
export interface ProgramDevice {
  readonly ifindex: InterfaceIndex;
  /**
   * Whether the device itself runs the program, and has the object's maps: few can. Otherwise the
   * program runs in the kernel (Linux 6.3), at this device only, and may call `bpf_xdp_metadata_*`.
   *
   * @defaultValue false
   */
  readonly offload?: boolean;
  /**
   * Path of the network namespace that the device is in; the same for all programs of an object.
   *
   * @defaultValue this process's own
   */
  readonly netns?: string;
}

/** What the kernel says of the device that a program or a map is on. */
export interface DeviceInfo {
  readonly ifindex: InterfaceIndex;
  /** The device's network namespace, as `stat` of its path tells it. */
  readonly netns: { readonly dev: bigint; readonly ino: bigint };
}

/** What the kernel says of a program. */
export interface ProgramInfo {
  /** Unique while the program lives. */
  readonly id: number;
  /** As far as the kernel keeps it: 15 characters. */
  readonly name: string;
  /** As bpftool prints it: `sched_cls`. */
  readonly type: string;
  /** Hash of its instructions, 16 hexadecimal digits. */
  readonly tag: string;
  /** Nanoseconds from the machine's start to when it was loaded. */
  readonly loadTime: bigint;
  /** How often it ran, counted while `kernel.bpf_stats_enabled` is 1. */
  readonly runCount: bigint;
  /** For how long it ran altogether, in nanoseconds, counted like {@link ProgramInfo.runCount}. */
  readonly runTime: bigint;
  /** How often it did not run because it was running already. */
  readonly recursionMisses: bigint;
  /** Bytes of BPF instructions after the verifier's changes. */
  readonly translatedSize: number;
  /** Bytes of machine code; 0 when the program is interpreted. */
  readonly jitedSize: number;
  /** How many instructions the verifier followed. */
  readonly verifiedInstructions: number;
  /** Ids of the maps that it uses. */
  readonly mapIds: readonly number[];
  /** The id of its type information, see {@link readBtf}; undefined without. */
  readonly btfId: number | undefined;
  /** The device that runs it; undefined for one that runs in the kernel, even if it is bound to a device. */
  readonly device: DeviceInfo | undefined;
}

/** A program in the kernel. */
export interface Program extends Handle {
  readonly name: string;
  info(): ProgramInfo;
  /**
   * Runs the program on a packet, off the event loop, without any device.
   *
   * @throws {BpfError} `invalid-argument` for a packet or context that the kernel does not take,
   * `unsupported-feature` for a program type without test runs, `not-permitted`
   */
  testRun(input: TestRunInput): Promise<TestRunResult>;
}
