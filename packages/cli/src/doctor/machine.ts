import type { AgentStatus } from "@heddle/agent/client";
import type { InterfaceIndex } from "@heddle/contracts";
import type { FeatureName, FeatureProbe, TcxHook } from "libbpf-napi";

/** What checks ask about the machine that they run on; a test answers as it likes. */
export interface Machine {
  /** As `uname -r` prints it: `6.18.44-cloud-amd64`. */
  readonly kernelRelease: string;
  /** The folder for pins. */
  readonly pinRoot: string;
  /** The release of this command. */
  readonly version: string;
  /** The content of a file without white space around it; undefined where there is none. */
  readText(path: string): string | undefined;
  /** What file system a path is on; undefined where there is no such path, or it may not be seen. */
  fileSystem(path: string): "bpf" | "cgroup2" | "other" | undefined;
  /** Tries out a feature of the kernel. @throws {BpfError} `not-permitted`, `addon-missing` */
  probe(feature: FeatureName): Promise<FeatureProbe>;
  /** Loads the native parts. @throws {BpfError | RtnetlinkError} `addon-missing` */
  loadAddons(): Promise<void>;
  /** The object files of this release. */
  objectFiles(): readonly ObjectFile[];
  /** The devices of default routes, each once. */
  defaultDevices(): Promise<readonly DefaultDevice[]>;
  /** The programs at a device's hook, in the order in which they run. @throws {BpfError} `not-permitted` */
  programsAt(ifindex: InterfaceIndex, hook: TcxHook): Promise<readonly ProgramAt[]>;
  /** The folders under the pin root. @throws {CliError} `unreadable-pins` */
  pinnedVersions(): readonly string[];
  /** The maps that this release's folder has. @throws {BpfError} `not-permitted` */
  pinnedMaps(): readonly MapPin[];
  /** What this release's folder says is attached. @throws {BpfError} `not-permitted` */
  attachments(): Promise<readonly AttachmentPin[]>;
  /** @throws {AgentError} `not-reachable` */
  agentStatus(): Promise<AgentStatus>;
}

/** A compiled object that travels with a package. */
export interface ObjectFile {
  readonly path: string;
  /** Why it cannot be used. */
  readonly problem: string | undefined;
  /** Whether it has to be fitted to the kernel by the kernel's type information (CO-RE). */
  readonly needsKernelBtf: boolean;
}

/** A device that a default route leads out of. */
export interface DefaultDevice {
  readonly index: InterfaceIndex;
  readonly name: string;
  /** Bytes of the largest IP packet. */
  readonly mtu: number;
  readonly isEthernet: boolean;
  /** The families whose default route it has: `IPv4`. */
  readonly families: readonly string[];
}

interface ProgramAt {
  readonly id: number;
  readonly name: string;
}

/** A pinned map, compared with this release's. */
export interface MapPin {
  readonly name: string;
  readonly path: string;
  /** How it differs from this release's map of the name; undefined when it does not. */
  readonly mismatch: string | undefined;
  /** Whether the agent replaces it by itself when it differs. */
  readonly isExpendable: boolean;
}

/** What says that a program is attached to a device: the pin of a link, or the note of a filter. */
export interface AttachmentPin {
  readonly path: string;
  /** Undefined when the device or the filter is gone. */
  readonly programId: number | undefined;
}
