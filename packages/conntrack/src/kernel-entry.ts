import { ipToMappedBytes } from "@heddle/contracts";
import { ipProtocols } from "@heddle/packet";
import type { Connection, ConnectionState, PerDirection, Scope } from "./connection.ts";
import {
  type Connection as KernelConnection,
  type ConnectionKey,
  ConnectionState as KernelState,
  Scope as KernelScope,
  WordBit,
} from "./generated/bpf.ts";
import type { KernelTime } from "./kernel-time.ts";
import { reverseTuple, type Tuple } from "./tuple.ts";

/** What is said of a connection apart from its key. */
export type EntryFields = Pick<KernelConnection, "expires" | "word" | "translated"> & {
  readonly way: readonly Pick<KernelConnection["way"][number], "packets" | "bytes">[];
};

/** The key that packets of the tuple are found by, and whether who sends them is its second end. */
export function keyOfTuple(tuple: Tuple, scope: Scope): { key: ConnectionKey; second: boolean } {
  const { source, destination, sourcePort, destinationPort } = tuple;
  const second = scope === "connection" && compareEnds(tuple) > 0;
  const address = second ? [destination, source] : [source, destination];
  const port = second ? [destinationPort, sourcePort] : [sourcePort, destinationPort];
  const protocol = ipProtocols.numberOf(tuple.protocol);
  return { key: { address, port, protocol, scope: KernelScope[scope] }, second };
}

/** Ends are in order by the bytes of their addresses, then by their ports. */
function compareEnds({ source, destination, sourcePort, destinationPort }: Tuple): number {
  const order = Buffer.compare(ipToMappedBytes(source), ipToMappedBytes(destination));
  return order === 0 ? sourcePort - destinationPort : order;
}

/** Whether the entry is none of a connection, but leads the answers to a translated one to it. */
export function isAlias({ word }: Pick<EntryFields, "word">): boolean {
  return hasBit(word, WordBit.alias);
}

/** Which way packets go that are found by the key, sent by its second end or its first; undefined for another's. */
export function directionOf(
  { word }: Pick<EntryFields, "word">,
  second: boolean,
): "original" | "reply" | undefined {
  if (hasBit(word, WordBit.fromSecond) === second) return "original";
  return hasBit(word, WordBit.translated) ? undefined : "reply";
}

/** What finds entries by their keys. */
export interface EntryLookup {
  get(key: ConnectionKey): KernelConnection | undefined;
}

/** The entry that packets of the tuple belong to, in either direction, and its own key. */
export function findEntry(
  entries: EntryLookup,
  tuple: Tuple,
  scope: Scope,
): { readonly key: ConnectionKey; readonly entry: KernelConnection } | undefined {
  const { key, second } = keyOfTuple(tuple, scope);
  const entry = entries.get(key);
  if (entry !== undefined && !isAlias(entry) && directionOf(entry, second) !== undefined) {
    return { key, entry };
  }
  if (scope === "service") return undefined;
  if (entry !== undefined && isAlias(entry) && directionOf(entry, second) === "original") {
    return ofAlias(entries, tuple, entry);
  }
  const oneWay = oneWayKey(tuple);
  const other = entries.get(oneWay);
  return other && { key: oneWay, entry: other };
}

/** The connection that an alias leads to, which an answer has found. */
function ofAlias(
  entries: EntryLookup,
  answer: Tuple,
  { word, translated, scope }: KernelConnection,
): ReturnType<typeof findEntry> {
  const sourcePort = portOf(word);
  const original = { ...reverseTuple(answer), source: translated, sourcePort };
  const oneWay = scope === KernelScope.oneWay;
  const key = oneWay ? oneWayKey(original) : keyOfTuple(original, "connection").key;
  const entry = entries.get(key);
  if (entry === undefined || !hasBit(entry.word, WordBit.translated)) return undefined;
  const isOwn =
    entry.translated === answer.destination && portOf(entry.word) === answer.destinationPort;
  return isOwn ? { key, entry } : undefined;
}

function oneWayKey({
  source,
  destination,
  sourcePort,
  destinationPort,
  protocol,
}: Tuple): ConnectionKey {
  return {
    address: [source, destination],
    port: [sourcePort, destinationPort],
    protocol: ipProtocols.numberOf(protocol),
    scope: KernelScope.oneWay,
  };
}

/** A connection as the kernel has it, in the terms of the model; undefined for an alias. */
export function connectionOfEntry(
  key: ConnectionKey,
  fields: EntryFields,
  time: KernelTime,
): Connection | undefined {
  if (isAlias(fields)) return undefined;
  const { word, expires } = fields;
  const original = originalTuple(key, word);
  const created = BigInt.asUintN(createdBits, word >> BigInt(WordBit.created));
  return {
    scope: key.scope === KernelScope.service ? "service" : "connection",
    original,
    reply: replyTuple(original, fields),
    state: states.get(Number(word & stateMask)) ?? "closing",
    answered: hasBit(word, WordBit.answered),
    finished: {
      original: hasBit(word, WordBit.finishedOriginal),
      reply: hasBit(word, WordBit.finishedReply),
    },
    created: time.millisecondsOf(created),
    expires: time.millisecondsOf(expires),
    packets: perDirection(fields, "packets"),
    bytes: perDirection(fields, "bytes"),
  };
}

const createdBits = 40;
const portBits = 16;
const stateMask = 3n;

const states: ReadonlyMap<number, ConnectionState> = new Map([
  [KernelState.opening, "opening"],
  [KernelState.established, "established"],
  [KernelState.closing, "closing"],
]);

function originalTuple({ address, port, protocol }: ConnectionKey, word: bigint): Tuple {
  const [first, second] = address;
  const [firstPort = 0, secondPort = 0] = port;
  if (first === undefined || second === undefined) throw new TypeError("a key has two addresses");
  const tuple: Tuple = {
    protocol: ipProtocols.nameOf(protocol),
    source: first,
    destination: second,
    sourcePort: firstPort,
    destinationPort: secondPort,
  };
  return hasBit(word, WordBit.fromSecond) ? reverseTuple(tuple) : tuple;
}

function replyTuple(original: Tuple, { word, translated }: EntryFields): Tuple {
  const reply = reverseTuple(original);
  if (!hasBit(word, WordBit.translated)) return reply;
  return { ...reply, destination: translated, destinationPort: portOf(word) };
}

function portOf(word: bigint): number {
  return Number(BigInt.asUintN(portBits, word >> BigInt(WordBit.port)));
}

function perDirection({ way }: EntryFields, what: "packets" | "bytes"): PerDirection<number> {
  const [original, reply] = way;
  return { original: Number(original?.[what] ?? 0n), reply: Number(reply?.[what] ?? 0n) };
}

function hasBit(word: bigint, bit: number): boolean {
  return ((word >> BigInt(bit)) & 1n) === 1n;
}
