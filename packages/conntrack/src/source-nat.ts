import { type EventStream, type IpAddress, ipFamily, prefixContains } from "@heddle/contracts";
import type { Entry } from "./connection.ts";
import {
  resolveSourceNat,
  type SourceNatOptions,
  type SourceNatSettings,
  warningThreshold,
} from "./nat-options.ts";
import type { Refused } from "./outcome.ts";
import { PortLedger, type PortUsage } from "./port-ledger.ts";
import { candidatePorts, type PortSearch } from "./port-search.ts";
import { reverseTuple, type Tuple } from "./tuple.ts";

/**
 * Chooses the source that a connection leaves with. A port is taken when the table has answers for it: those of
 * other connections, of the node's own, or of ones from outside. So there is nothing but the table to keep.
 */
export class SourceNat {
  readonly #settings: SourceNatSettings;
  readonly #search: PortSearch;
  readonly #ledger: PortLedger;

  constructor(options: SourceNatOptions) {
    const settings = resolveSourceNat(options);
    const { ports: range, probes, seed } = settings;
    this.#settings = settings;
    this.#search = { range, probes, seed };
    this.#ledger = new PortLedger(range.last - range.first + 1, warningThreshold(settings));
  }

  get warnings(): EventStream<PortUsage> {
    return this.#ledger.warnings;
  }

  /**
   * The tuple of the answers to a new connection, or that there is none left. Holds nothing. One that does not leave
   * keeps its source.
   */
  choose(original: Tuple, leaves: boolean, isTaken: (reply: Tuple) => boolean): Tuple | Refused {
    const plain = reverseTuple(original);
    const address = leaves ? this.#addressFor(original, plain, isTaken) : undefined;
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
    const { addresses, sources, exclude } = this.#settings;
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
