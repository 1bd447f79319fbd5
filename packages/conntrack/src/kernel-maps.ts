import type { BpfMap, PerCpuMap, Program, RingBuffer } from "libbpf-napi";
import type {
  Connection,
  ConnectionEvent,
  ConnectionKey,
  ConnGauges,
  ConnSettings,
  NatDestination,
  NatDevice,
  NatPrefix,
  NatSettings,
  NatUsage,
  NatWarning,
} from "./generated/bpf.ts";

/** The maps that say what the programs track. Looking takes no more. */
export interface ConntrackMaps {
  readonly connections: BpfMap<ConnectionKey, Connection>;
  readonly settings: BpfMap<number, ConnSettings>;
  readonly gauges: BpfMap<number, ConnGauges>;
  readonly counters: PerCpuMap<number, bigint>;
}

/** The maps with the connections that leave. */
export interface ConntrackControlMaps extends ConntrackMaps {
  readonly events: RingBuffer<ConnectionEvent>;
  readonly nat: SourceNatMaps;
}

/** The maps of source NAT. */
export interface SourceNatMaps {
  readonly settings: BpfMap<number, NatSettings>;
  /** By interface index. */
  readonly devices: BpfMap<number, NatDevice>;
  /** Bits of `NatRole` by prefix. */
  readonly prefixes: BpfMap<NatPrefix, number>;
  readonly ports: BpfMap<NatDestination, NatUsage>;
  readonly warnings: RingBuffer<NatWarning>;
}

/** The programs that walk the table in the kernel; neither is attached to anything. */
export interface ConntrackPrograms {
  readonly sweep: Pick<Program, "testRun">;
  readonly flush: Pick<Program, "testRun">;
}
