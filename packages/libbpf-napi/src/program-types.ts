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

/** How an XDP program finds its packet. */
export interface XdpContext {
  /** The device that it came in by. @defaultValue the loopback */
  readonly ingressIfindex?: InterfaceIndex;
  /** @defaultValue 0 */
  readonly rxQueueIndex?: number;
  /** What stands in front of the packet (`data_meta`): at most 252 bytes, a multiple of 4. @defaultValue none */
  readonly metadata?: Uint8Array;
}

export interface TestRunInput {
  /**
   * The packet, from its Ethernet header on; at least 14 bytes. Programs that see no packet take none.
   *
   * @defaultValue none
   */
  readonly data?: Uint8Array;
  /**
   * For programs on packets of the stack (`__sk_buff`); for XDP, see {@link TestRunInput.xdp}. Bytes are the
   * context of any other type as it lies in memory: the argument of a `syscall` program, the arguments
   * of a raw tracepoint (64 bits each), `struct bpf_sk_lookup`, `struct bpf_flow_keys`.
   */
  readonly context?: SkbContext | Uint8Array;
  /** For XDP programs. */
  readonly xdp?: XdpContext;
  /** How often to run it; the packet carries over from run to run. @defaultValue 1 */
  readonly repeat?: number;
  /**
   * Lets the packets of an XDP program go where it sends them, `repeat` times (Linux 5.18): `XDP_TX` and redirects
   * leave by devices, `XDP_PASS` goes up the stack of the device in `xdp`. Each run sees the packet as given.
   *
   * @defaultValue false
   */
  readonly liveFrames?: boolean;
  /** How many live frames are handled at once, from 1 to 256. @defaultValue 64 */
  readonly batchSize?: number;
  /** The CPU that a raw tracepoint's program runs on. @defaultValue any */
  readonly cpu?: number;
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
  /** The packet afterwards; empty without one, and of live frames. */
  readonly data: Uint8Array;
  /** The packet's context afterwards; undefined unless one was given that is not bytes. */
  readonly context: Required<Omit<SkbContext, "ifindex" | "ingressIfindex">> | undefined;
  /** The context afterwards, when it was given as bytes. */
  readonly rawContext: Uint8Array | undefined;
  /** What then stood in front of an XDP program's packet; undefined unless `xdp` was given. */
  readonly metadata: Uint8Array | undefined;
  /** Mean time of one run, in nanoseconds; 0 for `syscall` and raw tracepoints, which are not timed. */
  readonly durationNs: number;
}

/** One of many packets to run a program on. */
export interface TestRunPacket {
  /** From its Ethernet header on; at least 14 bytes. */
  readonly data: Uint8Array;
  /** For programs on packets of the stack (`__sk_buff`). */
  readonly context?: SkbContext;
  /** For XDP programs. */
  readonly xdp?: XdpContext;
}

/** Packets that a program is run on, one after the other and each once. */
export interface TestRunsInput {
  readonly packets: readonly TestRunPacket[];
  /**
   * Path of the network namespace to run in, which the contexts' devices belong to.
   *
   * @defaultValue this process's own
   */
  readonly netns?: string;
}

/** What became of one packet. */
export type TestRunOutcome = TestRunVerdict | TestRunRefusal;

/** The program ran. */
export interface TestRunVerdict {
  readonly refused: undefined;
  /** What the program returned, signed: `TCX_NEXT` is -1. */
  readonly returnValue: number;
  /** The packet afterwards: a view of memory that all packets of the call share. */
  readonly data: Uint8Array;
}

/** The kernel did not take the packet or its context. */
export interface TestRunRefusal {
  /** The name of the kernel's error number: `EINVAL`. */
  readonly refused: string;
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
   * Runs the program off the event loop, without its hook: on a packet, or on a context.
   *
   * @throws {BpfError} `invalid-argument` for a packet or context that the kernel does not take,
   * `unsupported-feature` for a program type without test runs, `not-permitted`
   */
  testRun(input: TestRunInput): Promise<TestRunResult>;
  /**
   * Runs the program on many packets, each as if it were the only one given to {@link Program.testRun}, in one piece of
   * work off the event loop: a few microseconds a packet, where a call for each costs tens. All packets are
   * held in memory at once, before and after. What became of their contexts is not told.
   *
   * A packet that the kernel does not take is refused by itself; the others run.
   *
   * @throws {BpfError} `unsupported-feature` for a program type without test runs, `not-permitted`
   */
  testRuns(input: TestRunsInput): Promise<readonly TestRunOutcome[]>;
}
