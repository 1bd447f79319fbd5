import { CodedError } from "@heddle/contracts";

/**
 * - `bpffs-missing`: no BPF file system is mounted where pins should go.
 * - `incompatible-state`: a map of another layout is pinned there, with content that cannot be made anew.
 * - `object-missing`: an object file did not travel with this package.
 * - `not-started`: something was asked of a datapath that is not loaded.
 * - `tunnels-unused`: a device is to lead into tunnels, and the datapath was not told to send into them.
 */
export type DatapathErrorCode =
  | "bpffs-missing"
  | "incompatible-state"
  | "object-missing"
  | "not-started"
  | "tunnels-unused";

/** The BPF programs cannot be brought into the kernel. */
export class DatapathError extends CodedError<DatapathErrorCode> {}
