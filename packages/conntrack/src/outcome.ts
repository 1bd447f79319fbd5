import type { ConnectionState } from "./connection.ts";
import type { FragmentProblem } from "./fragment-table.ts";
import type { Unreadable } from "./observation.ts";
import type { PortUsage } from "./port-ledger.ts";
import type { Direction, Tuple } from "./tuple.ts";

/** What became of a packet. */
export type Outcome = Tracked | Stray | Invalid | Untracked | Refused;

/** The packet belongs to a connection. */
export interface Tracked {
  readonly outcome: "tracked";
  /** Which way the packet goes; of an ICMP error, which way the error does. */
  readonly direction: Direction;
  /** Whether the packet began the connection. */
  readonly isNew: boolean;
  /** Whether it is an ICMP error about the connection. */
  readonly related: boolean;
  /** Of the connection, after the packet. */
  readonly state: ConnectionState;
  /** How long the connection lives without a further packet, in milliseconds. */
  readonly remaining: number;
  /** Of the packets of the side that began the connection. */
  readonly original: Tuple;
  /** Of the packets that answer; its destination is the translated source, where there is one. */
  readonly reply: Tuple;
}

/** The packet belongs to no connection and cannot begin one. No entry has changed. */
export interface Stray {
  readonly outcome: "stray";
  readonly reason: /** An answer, an end or a reset of nothing that is known. */
    | "no-connection"
    /** An ICMP error about nothing that is known. */
    | "quotes-unknown"
    /** A later fragment whose first one has not been seen, or was long ago. */
    | "unknown-fragment";
}

/** The packet is one that nobody sends who means well. No entry has changed. */
export interface Invalid {
  readonly outcome: "invalid";
  readonly reason:
    | Extract<Unreadable, { outcome: "invalid" }>["reason"]
    /** A fragment over one that was there, or that changes it: the datagram is not believed any more. */
    | Exclude<FragmentProblem, "unknown-fragment">
    /** An echo request where only its reply can come from. */
    | "wrong-direction";
}

/** The packet is not of a kind that has connections. */
export type Untracked = Extract<Unreadable, { outcome: "untracked" }>;

/** The packet would begin a connection for which there is no place. No entry has changed. */
export type Refused =
  | {
      readonly outcome: "refused";
      /** All entries are of connections that stand; or the answers would be those of another connection. */
      readonly reason: "table-full" | "tuple-in-use";
    }
  | {
      readonly outcome: "refused";
      /** No port was found to leave with. */
      readonly reason: "ports-exhausted";
      readonly ports: PortUsage;
    };
