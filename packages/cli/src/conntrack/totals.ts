import type { ConnectionRecord, ConnectionState, PerDirection } from "@heddle/conntrack";
import { formatCounts, formatFacts } from "../facts.ts";
import { formatDirections } from "./connection-columns.ts";

/** What many connections come to. */
export interface Totals {
  readonly connections: number;
  readonly states: Readonly<Record<ConnectionState, number>>;
  /** How many are of each protocol that there is one of. */
  readonly protocols: Readonly<Record<string, number>>;
  readonly packets: PerDirection<number>;
  readonly bytes: PerDirection<number>;
}

/** {@link Totals} while they are counted. */
export class Count implements Totals {
  connections = 0;
  readonly states = { opening: 0, established: 0, closing: 0 };
  readonly protocols: Record<string, number> = {};
  readonly packets = { original: 0, reply: 0 };
  readonly bytes = { original: 0, reply: 0 };

  /** Counts what is passed on. */
  async *of(connections: AsyncIterable<ConnectionRecord>): AsyncGenerator<ConnectionRecord> {
    for await (const connection of connections) {
      this.#add(connection);
      yield connection;
    }
  }

  #add({ original, state, packets, bytes }: ConnectionRecord): void {
    const protocol = String(original.protocol);
    this.connections++;
    this.states[state]++;
    this.protocols[protocol] = (this.protocols[protocol] ?? 0) + 1;
    for (const direction of ["original", "reply"] as const) {
      this.packets[direction] += packets[direction];
      this.bytes[direction] += bytes[direction];
    }
  }
}

/** The totals as a few facts. */
export function formatTotals({ connections, states, protocols, packets, bytes }: Totals): string {
  return formatFacts([
    ["Connections", String(connections)],
    ["States", formatCounts(states)],
    ["Protocols", formatCounts(protocols)],
    ["Packets", formatDirections(packets)],
    ["Bytes", formatDirections(bytes)],
  ]);
}
