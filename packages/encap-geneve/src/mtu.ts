import { familyName, type IpFamily } from "@heddle/contracts";
import { geneveHeaderLength } from "./geneve.ts";
import { GeneveError } from "./geneve-error.ts";
import { heddleOptionLengths, type HeddleOptionName } from "./geneve-options.ts";

/** What is in a tunnel: Ethernet frames, or IP packets without a frame. */
export type InnerFormat = "ethernet" | "ip";

/** What a tunnel adds to a packet besides the outer IP header. */
export interface OverheadOptions {
  /** @defaultValue "ethernet" */
  readonly inner?: InnerFormat;
  /**
   * The options that a packet may have.
   *
   * @defaultValue none
   */
  readonly options?: readonly HeddleOptionName[];
}

export interface PodMtuOptions extends OverheadOptions {
  /** Bytes of the largest IP packet that the network between the nodes carries. */
  readonly underlayMtu: number;
  /** The families that tunnels may use; the larger header counts. */
  readonly underlay: readonly IpFamily[];
  /**
   * The families that pods have.
   *
   * @defaultValue both
   */
  readonly pods?: readonly IpFamily[];
}

const ipHeaderLength: Readonly<Record<IpFamily, number>> = { 4: 20, 6: 40 };
const udpHeaderLength = 8;
const innerHeaderLength: Readonly<Record<InnerFormat, number>> = { ethernet: 14, ip: 0 };

/** The least that a link has to carry: RFC 791 section 3.2, RFC 8200 section 5. Bytes of an IP packet. */
export const minimumMtu: Readonly<Record<IpFamily, number>> = { 4: 68, 6: 1280 };

/** The largest IP packet: a length of 16 bits. */
const largestMtu = 65_535;

/** Bytes between the underlay's IP packet and the pod's. */
export function encapsulationOverhead(underlay: IpFamily, options: OverheadOptions = {}): number {
  const { inner = "ethernet", options: names = [] } = options;
  const optionBytes = [...new Set(names)].reduce((sum, name) => sum + heddleOptionLengths[name], 0);
  return (
    ipHeaderLength[underlay] +
    udpHeaderLength +
    geneveHeaderLength +
    optionBytes +
    innerHeaderLength[inner]
  );
}

/**
 * The MTU of pods, or of one path when `underlayMtu` is what a router in between said of it.
 *
 * @throws {GeneveError} `mtu-too-small` when less is left than a family of the pods needs, `invalid-option`
 */
export function podMtu(options: PodMtuOptions): number {
  const { underlayMtu, underlay, pods = [4, 6] } = options;
  if (!Number.isInteger(underlayMtu) || underlayMtu < 1 || underlayMtu > largestMtu) {
    throw invalid(
      `MTU ${String(underlayMtu)}`,
      `it is not an integer from 1 to ${String(largestMtu)}`,
    );
  }
  if (underlay.length === 0) throw invalid("underlay", "it has no family");
  const overhead = Math.max(...underlay.map((family) => encapsulationOverhead(family, options)));
  const mtu = underlayMtu - overhead;
  const family = pods.toSorted((left, right) => minimumMtu[right] - minimumMtu[left])[0];
  if (family === undefined || mtu >= minimumMtu[family]) return mtu;
  const needed = minimumMtu[family];
  throw new GeneveError({
    code: "mtu-too-small",
    operation: "derive pod MTU from",
    subject: `underlay MTU ${String(underlayMtu)}`,
    reason: `the tunnel takes ${String(overhead)} bytes and leaves ${String(Math.max(mtu, 0))}; ${familyName(family)} needs ${String(needed)}`,
    hint: `give the underlay an MTU of ${String(needed + overhead)} or more`,
  });
}

function invalid(subject: string, reason: string): GeneveError {
  return new GeneveError({
    code: "invalid-option",
    operation: "derive pod MTU from",
    subject,
    reason,
  });
}
