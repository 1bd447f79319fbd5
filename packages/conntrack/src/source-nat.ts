import {
  type EventStream,
  familyName,
  type IpAddress,
  ipFamily,
  type IpPrefix,
  prefixContains,
  prefixFamily,
} from "@heddle/contracts";
import { invalidOption } from "./conntrack-error.ts";
import type { Entry } from "./connection.ts";
import type { Refused } from "./outcome.ts";
import { PortLedger, type PortUsage } from "./port-ledger.ts";
import { candidatePorts, type PortRange, type PortSearch } from "./port-search.ts";
import { reverseTuple, type Tuple } from "./tuple.ts";

/** Which connections leave with another source, and with which. */
export interface SourceNatOptions {
  /** The addresses that connections leave with: the node's, at most one of each family. */
  readonly addresses: readonly IpAddress[];
  /** Whose connections are translated: the pods'. */
  readonly sources: readonly IpPrefix[];
  /**
   * Destinations to which connections keep their source, such as the cluster itself.
   *
   * @defaultValue `[]`
   */
  readonly exclude?: readonly IpPrefix[];
  /**
   * The ports that connections leave with, and the identifiers of echo requests. A connection keeps its own when that
   * is one of them, and free.
   *
   * @defaultValue 32768 to 65535, above the ports that Kubernetes gives to services
   */
  readonly ports?: PortRange;
  /**
   * Ports that are tried for one connection, 1 to 1024, after its own.
   *
   * @defaultValue 32
   */
  readonly probes?: number;
  /**
   * Starts the hash that says which ports are tried, 32 bits. Equal seeds choose equal ports.
   *
   * @defaultValue 0
   */
  readonly seed?: number;
  /**
   * The share of the ports to one destination that is in use when there is a warning, above 0 to 1.
   *
   * @defaultValue 0.7: with 32 probes, hardly any connection is refused before
   */
  readonly warnAt?: number;
}

/**
 * Chooses the source that a connection leaves with. A port is taken when the table has answers for it: those of
 * other connections, of the node's own, or of ones from outside. So there is nothing but the table to keep.
 */
export class SourceNat {
  readonly #options: SourceNatOptions;
  readonly #search: PortSearch;
  readonly #ledger: PortLedger;

  constructor(options: SourceNatOptions) {
    const { ports: range = { first: 32_768, last: 65_535 }, probes = 32, seed = 0 } = options;
    const { warnAt = 0.7 } = options;
    checkOptions(options, range, probes, warnAt);
    this.#options = options;
    this.#search = { range, probes, seed };
    this.#ledger = new PortLedger(range.last - range.first + 1, warnAt);
  }

  get warnings(): EventStream<PortUsage> {
    return this.#ledger.warnings;
  }

  /** The tuple of the answers to a new connection, or that there is none left. Holds nothing. */
  choose(original: Tuple, isTaken: (reply: Tuple) => boolean): Tuple | Refused {
    const plain = reverseTuple(original);
    const address = this.#addressFor(original, plain, isTaken);
    if (address === undefined)
      return isTaken(plain) ? { outcome: "refused", reason: "tuple-in-use" } : plain;
    const replyTo = (port: number) => ({ ...plain, destination: address, destinationPort: port });
    const ports = searched.has(original.protocol)
      ? candidatePorts(original, this.#search)
      : [original.sourcePort];
    for (const port of ports) {
      const reply = replyTo(port);
      if (!isTaken(reply)) return reply;
    }
    const used = this.#ledger.usage(replyTo(0));
    return { outcome: "refused", reason: "ports-exhausted", ports: used };
  }

  inserted(entry: Entry): void {
    if (takesPort(entry)) this.#ledger.take(entry.reply);
  }

  removed(entry: Entry): void {
    if (takesPort(entry)) this.#ledger.giveBack(entry.reply);
  }

  usages(): readonly PortUsage[] {
    return this.#ledger.usages();
  }

  /** The address to leave with; undefined to keep the source. */
  #addressFor(
    original: Tuple,
    plain: Tuple,
    isTaken: (reply: Tuple) => boolean,
  ): IpAddress | undefined {
    const { addresses, sources, exclude = [] } = this.#options;
    const { source, destination } = original;
    // The node's own connections keep their port, unless a translated one has got it.
    if (addresses.includes(source)) return isTaken(plain) ? source : undefined;
    if (!sources.some((prefix) => prefixContains(prefix, source))) return undefined;
    if (exclude.some((prefix) => prefixContains(prefix, destination))) return undefined;
    return addresses.find((address) => ipFamily(address) === ipFamily(source));
  }
}

/**
 * Protocols whose port or identifier can be another one. SCTP keeps its ports: its checksum covers them with all the
 * data, but not the addresses.
 */
const searched: ReadonlySet<Tuple["protocol"]> = new Set(["tcp", "udp", "icmp", "icmpv6"] as const);

/** Whether the entry leaves with another source than its own. */
function isTranslated({ original, reply }: Pick<Entry, "original" | "reply">): boolean {
  return original.source !== reply.destination || original.sourcePort !== reply.destinationPort;
}

function takesPort(entry: Entry): boolean {
  return isTranslated(entry) && searched.has(entry.original.protocol);
}

function checkOptions(
  options: SourceNatOptions,
  { first, last }: PortRange,
  probes: number,
  warnAt: number,
): void {
  if (!isWhole(first, 1, 65_535) || !isWhole(last, first, 65_535)) {
    const reason = `${String(first)} to ${String(last)} is not a range within 1 to 65535`;
    throw invalidOption("sourceNat.ports", reason);
  }
  if (!isWhole(probes, 1, 1024)) {
    const reason = `${String(probes)} is not a whole number from 1 to 1024`;
    throw invalidOption("sourceNat.probes", reason);
  }
  const { seed = 0 } = options;
  if (!isWhole(seed, 0, 0xffff_ffff)) {
    const reason = `${String(seed)} is not a whole number from 0 to 4294967295`;
    throw invalidOption("sourceNat.seed", reason);
  }
  if (!(warnAt > 0 && warnAt <= 1)) {
    throw invalidOption("sourceNat.warnAt", `${String(warnAt)} is not above 0 and up to 1`);
  }
  checkFamilies(options);
}

function checkFamilies({ addresses, sources }: SourceNatOptions): void {
  const families = addresses.map(ipFamily);
  for (const [index, family] of families.entries()) {
    if (families.indexOf(family) === index) continue;
    const reason = `${addresses.join(", ")} has two addresses of ${familyName(family)}`;
    throw invalidOption("sourceNat.addresses", reason);
  }
  for (const prefix of sources) {
    const family = prefixFamily(prefix);
    if (families.includes(family)) continue;
    const reason = `${prefix} has no ${familyName(family)} address to leave with`;
    throw invalidOption("sourceNat.sources", reason, "add one to sourceNat.addresses");
  }
}

function isWhole(value: number, first: number, last: number): boolean {
  return Number.isInteger(value) && value >= first && value <= last;
}
