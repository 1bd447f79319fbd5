import {
  type Connection,
  type ConnectionRecord,
  connectionTuple,
  recordConnection,
  reverseTuple,
} from "@heddle/conntrack";
import { parseIp } from "@heddle/contracts";

/** A connection of a pod to a server, made at 0 ms, with what is given instead. */
export function connection(change: Partial<Connection> = {}): Connection {
  const original = connectionTuple({
    protocol: "tcp",
    source: parseIp("10.0.1.5"),
    destination: parseIp("10.0.2.7"),
    sourcePort: 34_512,
    destinationPort: 80,
  });
  return {
    scope: "connection",
    original,
    reply: reverseTuple(change.original ?? original),
    state: "established",
    answered: true,
    finished: { original: false, reply: false },
    created: 0,
    expires: 8_000_000,
    packets: { original: 6, reply: 4 },
    bytes: { original: 600, reply: 400 },
    ...change,
  };
}

/** The same as a record, at 5000 ms. */
export function record(change: Partial<Connection> = {}): ConnectionRecord {
  return recordConnection(connection(change), 5000);
}
